"""Each kind of error has a section on its page, and the page names no other."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.errors import ShukeError
from service import given, subject_ids
from service.api.errors import HTTP_CODES, status_of
from service.jobs import runner

ROOT = Path(__file__).parents[3]
ROOMS = ("features", "models_registry", "service", "training", "monitoring", "shuke")
ITEMS = {subject_ids.CODE, given.UNKNOWN, given.UNUSABLE, runner.UNKNOWN}
PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")
SECTIONS = {
    code: text.replace("\n", " ")
    for code, text in re.findall(r"^### (\S+)\n\n(.+?)\n(?:\n|\Z)", PAGE, re.MULTILINE | re.DOTALL)
}


def errors_of_ours() -> Iterator[type[ShukeError]]:
    """Yield every class of the tree that a room declares."""
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            if re.search(r"^class \w+Error\(", file.read_text("utf-8"), re.MULTILINE):
                importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    found: list[type[ShukeError]] = [ShukeError]
    for kind in found:
        found += kind.__subclasses__()
    return (kind for kind in found if kind.__module__.split(".")[0] in ROOMS)


STATUSES = {kind.code: int(status_of(kind.__new__(kind))) for kind in errors_of_ours()} | HTTP_CODES


def test_the_page_has_a_section_for_each_code_and_no_other() -> None:
    assert sorted(SECTIONS) == sorted({*STATUSES, *ITEMS})


def test_no_two_kinds_of_error_share_a_code() -> None:
    kinds = [kind for kind in errors_of_ours() if "code" in vars(kind)]
    assert len({kind.code for kind in kinds}) == len(kinds)


@pytest.mark.parametrize("code", sorted(STATUSES))
def test_a_section_says_the_status_and_what_to_do(code: str) -> None:
    assert SECTIONS[code].startswith(f"**{STATUSES[code]}.** ")
    assert "*What to do:*" in SECTIONS[code]
