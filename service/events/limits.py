"""What no true event exceeds."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class EventLimits:
    """Bounds of what is believed; each lies within what the lake's contracts accept.

    Attributes
    ----------
    earliest
        Oldest moment an event may carry; older ones are placeholders such as 1970.
    ahead
        How far in the future an event may lie, for tills whose clock runs fast.
    id_length, text_length
        Characters of an identifier and of a free text.
    quantity, amount
        Largest size of a quantity and of a sum of money; beyond, sums lose their pennies.
    line_no
        Largest number of a line.
    lines, properties
        Lines of one order event and properties of one interaction.
    """

    earliest: datetime = datetime(1990, 1, 1, tzinfo=UTC)
    ahead: timedelta = timedelta(minutes=1)
    id_length: int = 128
    text_length: int = 256
    quantity: float = 1e9
    amount: float = 1e12
    line_no: int = 2**31 - 1
    lines: int = 500
    properties: int = 100


LIMITS = EventLimits()
