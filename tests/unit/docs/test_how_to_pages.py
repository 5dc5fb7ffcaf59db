import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_feature_that_the_page_adds_is_in_the_code_as_shown() -> None:
    page = (ROOT / "docs" / "how-to" / "add-a-feature.md").read_text("utf-8")
    found = re.search(r"```diff\n(.*?)```", page, re.DOTALL)
    assert found is not None
    parts = re.split(r"^--- a/.*\n\+\+\+ b/", found.group(1), flags=re.MULTILINE)[1:]
    assert len(parts) == 3
    for part in parts:
        path, *shown = part.splitlines()
        code = (ROOT / path).read_text("utf-8").splitlines()
        added = [line[1:] for line in shown if line.startswith("+")]
        assert [line for line in added if line not in code] == []
