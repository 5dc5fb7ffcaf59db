"""The words of a filter: an allow-list, before anything is made of them."""

import unicodedata
from collections.abc import Sequence
from typing import NoReturn

from sqlglot import tokenize
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from features.errors import InputError
from service.predicates.columns import nearest

MAX_LENGTH = 4_000  # with the rest of a query it fits into an address
MAX_DEPTH = 20
FUNCTIONS = ("abs", "coalesce", "lower")

_ALLOWED = {
    TokenType.VAR,
    TokenType.NUMBER,
    TokenType.STRING,
    TokenType.EQ,
    TokenType.NEQ,
    TokenType.LT,
    TokenType.LTE,
    TokenType.GT,
    TokenType.GTE,
    TokenType.AND,
    TokenType.OR,
    TokenType.NOT,
    TokenType.IN,
    TokenType.BETWEEN,
    TokenType.LIKE,
    TokenType.IS,
    TokenType.NULL,
    TokenType.TRUE,
    TokenType.FALSE,
    TokenType.L_PAREN,
    TokenType.R_PAREN,
    TokenType.COMMA,
    TokenType.DASH,
}
_LANGUAGE = (
    "A filter is made of columns, constants, = != < <= > >=, in, between, like, is null, and, or,"
    " not, parentheses, abs, coalesce and lower."
)


class BadFilterError(InputError):
    """A filter cannot be understood, or asks for what is not allowed."""

    code = "bad-filter"


def refuse(text: str, at: int, what: str, todo: str) -> NoReturn:
    """Raise `BadFilterError` that names the place in the text, counted from 1."""
    rest = text[at : at + 20].strip()
    place = f"filter, character {at + 1}" + (f": {rest}" if rest else "")
    raise BadFilterError(what, where=place, todo=todo)


def check_words(text: str) -> None:
    """Refuse text that holds anything but the words of the language.

    What passes is short, not nested deeply, free of comments and of invisible characters, and
    calls no function but ours; only then is it parsed.

    Raises
    ------
    BadFilterError
    """
    if len(text) > MAX_LENGTH:
        refuse(text, MAX_LENGTH, f"The filter is longer than {MAX_LENGTH:,} characters", "Shorten.")
    for at, character in enumerate(text):
        if unicodedata.category(character).startswith("C") and character not in "\t\n\r":
            refuse(text, at, "The filter holds an invisible character", "Leave it out.")
    tokens = _tokens(text)
    if not tokens:
        refuse(text, 0, "The filter is empty", "Write a condition, or leave the filter out.")
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        _check(text, token, following)
    _check_depth(text, tokens)


def _tokens(text: str) -> Sequence[Token]:
    try:
        return tokenize(text)
    except TokenError:
        refuse(text, max(text.rfind("'"), 0), "A quote is not closed", "Write text as 'so'.")


def _check(text: str, token: Token, following: Token | None) -> None:
    at = token.start
    if token.comments:
        refuse(text, at, "The filter holds a comment", "Leave comments out.")
    if token.token_type is TokenType.IDENTIFIER:
        refuse(text, at, "Double quotes mean nothing here", "Write text as 'so', columns bare.")
    if token.token_type not in _ALLOWED or (
        token.token_type is TokenType.VAR and "$" in token.text
    ):
        refuse(text, at, f"{token.text} is no word of a filter", _LANGUAGE)
    called = following is not None and following.token_type is TokenType.L_PAREN
    if called and token.token_type is TokenType.VAR and token.text.lower() not in FUNCTIONS:
        refuse(text, at, f"There is no function {token.text}", nearest(token.text, FUNCTIONS))


def _check_depth(text: str, tokens: Sequence[Token]) -> None:
    depth, before = 0, None
    for token in tokens:
        kind = token.token_type
        depth += (kind is TokenType.L_PAREN) - (kind is TokenType.R_PAREN)
        if depth > MAX_DEPTH:
            refuse(text, token.start, f"Nested deeper than {MAX_DEPTH}", "Take parentheses out.")
        if kind is TokenType.NOT and before is TokenType.NOT:
            refuse(text, token.start, "not is written twice", "Leave both out.")
        before = kind
