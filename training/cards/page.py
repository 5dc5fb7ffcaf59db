"""A card as one HTML page that needs nothing else: no network, no script, no font file."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from training.cards.card import Card
from training.cards.markdown import Section, markdown, sections, title
from training.cards.plots import figures

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

JSON, MARKDOWN, HTML = "card.json", "card.md", "card.html"
_STYLE = """
body { font: 15px/1.55 system-ui, sans-serif; color: #1f2937; max-width: 62rem;
       margin: 2rem auto; padding: 0 1.25rem; }
h1, h2 { line-height: 1.25; } h2 { margin-top: 2.2rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: 0.86rem; }
th, td { padding: 0.25rem 0.7rem; border-bottom: 1px solid #e5e7eb; text-align: left; }
th { color: #6b7280; font-weight: 600; } figure { margin: 1.2rem 0; }
svg { max-width: 100%; height: auto; } pre { background: #f3f4f6; padding: 0.7rem; }
"""


def documents(card: Card) -> dict[str, str]:
    """Return the files kept with the version: file name -> text."""
    return {JSON: card.to_json(), MARKDOWN: markdown(card), HTML: html(card)}


def html(card: Card) -> str:
    """Return the whole card as an HTML page, plots among the text."""
    return document(title(card), sections(card), figures(card))


def document(heading: str, parts: Iterable[Section], drawn: Mapping[str, str]) -> str:
    """Return sections of Markdown as an HTML page in the look of the cards.

    Parameters
    ----------
    heading
        Markdown without marks of its own, as from `plain`.
    drawn
        Plots as `<svg>` elements, by the name that sections call them by.
    """
    reader = _reader()
    body = "\n".join(_section(reader, section, drawn) for section in parts)
    head = reader.renderInline(heading)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{head}</title><style>{_STYLE}</style></head>\n"
        f"<body><h1>{head}</h1>\n{body}\n</body></html>\n"
    )


def _section(reader: "MarkdownIt", section: Section, drawn: Mapping[str, str]) -> str:
    told = reader.render(f"## {section.title}\n\n{section.body}")
    plot = drawn.get(section.figure, "")
    return f"<section>{told}{f'<figure>{plot}</figure>' if plot else ''}</section>"


def _reader() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")
