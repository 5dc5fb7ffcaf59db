"""What is wrong with one item of many: it is told beside the others, which go on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ItemFault:
    """Why an item got no score.

    Attributes
    ----------
    steps
        From the item to what is wrong within it; empty if that is the item itself.
    """

    code: str
    detail: str
    steps: tuple[str, ...] = ()
