"""Phone numbers and e-mail addresses as those see them who may not read them."""

from collections.abc import Callable, Mapping

_SHOWN_LAST = 4
_HIDDEN = 4
_SHORTEST = 10  # a shorter number would be given away by its ends


def mask_phone(number: str) -> str:
    """Return a number with four digits hidden: ``+86138****5678``; a short one wholly hidden."""
    if len(number) < _SHORTEST:
        return "*" * len(number)
    end = len(number) - _SHOWN_LAST
    return number[: end - _HIDDEN] + "*" * _HIDDEN + number[end:]


def mask_email(address: str) -> str:
    """Return an address with all but the first letter and the domain hidden: ``m***@qq.com``."""
    name, at, domain = address.rpartition("@")
    if not at:
        return "***"
    # A star is a mask already, not a letter: masking again changes nothing.
    first = name[0] if len(name) > 1 and name[0] != "*" else ""
    return f"{first}***@{domain}"


MASKS: Mapping[str, Callable[[str], str]] = {"phone": mask_phone, "email": mask_email}
"""What hides a field, by the field's name."""
