import re
from pathlib import Path

import pytest

from features.lake.tables import TABLES

ROOT = Path(__file__).parents[3]
DOCS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_data_page_names_every_column_and_marks_the_required_ones(name: str) -> None:
    page = (ROOT / "docs" / "data.md").read_text("utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
    columns = row.split("|")[4].split(",")
    written = {column.strip().strip("*"): "**" in column for column in columns}
    table = TABLES[name]
    assert written == {column: column in table.required for column in table.kinds}


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_both_readmes_give_the_same_commands() -> None:
    def commands(name: str) -> list[str]:
        text = (ROOT / name).read_text("utf-8")
        return re.findall(r"^(?:make|\.venv/bin/shuke) \S+(?: build)?", text, re.MULTILINE)

    assert commands("README.md") == commands("README.zh-CN.md") != []


def test_the_architecture_page_names_every_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = [path.parent.name for path in ROOT.glob("*/__init__.py")]
    assert [room for room in rooms if f"{room}/" not in page] == []


def test_every_make_target_a_reader_is_told_of_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z%-]+):", makefile, re.MULTILINE))
    told = {name for page in DOCS for name in re.findall(r"make ([a-z-]+)", _code(page))}
    assert {name for name in told if name not in targets and not name.startswith("train-")} == set()


def _code(page: Path) -> str:
    return "\n".join(re.findall(r"`[^`]+`|```.*?```", page.read_text("utf-8"), re.DOTALL))
