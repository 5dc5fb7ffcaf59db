"""Names that were probably meant."""

import re
from collections.abc import Collection
from difflib import SequenceMatcher

LIKE_ENOUGH = 0.5  # "qty" is 0.55 like "quantity"; names of other things stay below 0.4


def hint(name: str, candidates: Collection[str]) -> str:
    """Return " Did you mean ...?" with the likeliest candidate, or nothing."""
    likeness = {each: _likeness(name, each) for each in candidates}
    best = max(likeness, key=lambda each: likeness[each], default=None)
    return f" Did you mean {best!r}?" if best and likeness[best] >= LIKE_ENOUGH else ""


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, _letters(one), _letters(other)).ratio()


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())
