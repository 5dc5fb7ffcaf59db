"""The page of the filter language says what the code does."""

import re
from pathlib import Path

import pytest

from service.customer_row import CUSTOMER_COLUMNS
from service.predicates.columns import Columns
from service.predicates.parsing import parse
from service.predicates.words import FUNCTIONS, MAX_DEPTH, MAX_LENGTH, BadFilterError
from service.repository.rows import LEAD_COLUMNS

PAGE = (Path(__file__).parents[3] / "docs" / "filters.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("title", "columns"), [("customers", CUSTOMER_COLUMNS), ("leads", LEAD_COLUMNS)]
)
def test_the_page_names_every_column_with_its_kind_and_meaning(
    title: str, columns: Columns
) -> None:
    section = PAGE.split(f"## Columns of {title}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*) \|$", section, re.MULTILINE)
    assert rows == [(c.name, c.kind.value, c.description) for c in columns.values()]
    assert all(column.description for column in columns.values())


def test_every_condition_on_the_page_is_a_filter() -> None:
    language = PAGE.split("## The language\n", 1)[1].split("\n## ", 1)[0]
    conditions = re.findall(r"^\| `([^`(]+?(?:\(.+\))?)` \|", language, re.MULTILINE)
    told = [text for text in conditions if " " in text and not text.startswith("coalesce")]
    assert len(told) == 8
    for text in told:
        parse(text, {**LEAD_COLUMNS, **CUSTOMER_COLUMNS})
    for name in FUNCTIONS:
        assert f"`{name}(x" in language
    assert f"{MAX_LENGTH:,} characters and {MAX_DEPTH}\nparentheses" in language


def test_the_refusal_on_the_page_is_what_a_caller_gets() -> None:
    with pytest.raises(BadFilterError) as refused:
        parse("churn_6d > 0.6", CUSTOMER_COLUMNS)
    for said in (refused.value.what, refused.value.where, refused.value.todo):
        assert f'"{said}"' in PAGE
