"""Which texts can be the id of a customer or lead."""

import re
from collections.abc import Sequence

from service.faults import ItemFault

MAX_LENGTH = 128
CODE = "unusable-id"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def fault(subject_id: str) -> ItemFault | None:
    """Return why a text cannot be an id; None if it can."""
    if not subject_id:
        return ItemFault(CODE, "The id is empty")
    if len(subject_id) > MAX_LENGTH:
        return ItemFault(
            CODE, f"The id has {len(subject_id):,} characters; {MAX_LENGTH} are the most"
        )
    found = _CONTROL.search(subject_id)
    if found:
        return ItemFault(CODE, f"The id has a control character at place {found.start()}")
    return None


def sifted(ids: Sequence[str]) -> tuple[list[str], dict[int, ItemFault]]:
    """Return the usable ids in their order, and what is wrong with the others by their place."""
    faults = {place: found for place, one in enumerate(ids) if (found := fault(one)) is not None}
    return [one for place, one in enumerate(ids) if place not in faults], faults
