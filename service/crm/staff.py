"""Who works where, and how much one person can hold at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["manager", "guide"]


@dataclass(frozen=True, slots=True)
class Staff:
    """One person of a store.

    Attributes
    ----------
    name
        How the person is called on boards.
    capacity
        Open leads or tasks the person can hold at once; 0 takes part in nothing.
    """

    staff_id: str
    store_id: str
    role: Role
    name: str
    capacity: int


def least_loaded(
    staff: Iterable[Staff], load: Mapping[str, int], roles: Iterable[Role]
) -> Staff | None:
    """Return who should take the next piece of work; None if everyone is full.

    Roles are asked in order: a later role is reached only when nobody of the earlier ones has
    room. Within a role it is the person least filled, relative to capacity, once the work is
    taken; `staff_id` breaks ties, so the answer does not depend on the order of `staff`.

    Parameters
    ----------
    load
        Open work by `staff_id`; who is missing has none.
    """
    team = list(staff)
    for role in roles:
        free = [s for s in team if s.role == role and load.get(s.staff_id, 0) < s.capacity]
        if free:
            return min(free, key=lambda s: ((load.get(s.staff_id, 0) + 1) / s.capacity, s.staff_id))
    return None
