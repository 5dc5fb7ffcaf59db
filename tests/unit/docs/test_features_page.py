from pathlib import Path

from shuke.catalogue import page

PAGE = Path(__file__).parents[3] / "docs" / "features.md"


def test_the_catalogue_page_is_what_the_code_says() -> None:
    assert PAGE.read_text("utf-8") == page(), "Run `shuke features catalogue --to docs/features.md`"
