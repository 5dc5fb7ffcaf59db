"""Invented staff, made only when asked for: real data sets come without people."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.crm.staff import Staff


@dataclass(frozen=True, slots=True)
class Team:
    """How many work in a store, and how many open leads and tasks one can hold."""

    guides: int = 3
    guide_capacity: int = 25
    manager_capacity: int = 10


def demo_staff(stores: Iterable[str], team: Team | None = None) -> list[Staff]:
    """Return a manager and guides for each store, named by store and number."""
    team = team or Team()
    return [person for store in sorted(set(stores)) for person in _of_store(store, team)]


def _of_store(store: str, team: Team) -> list[Staff]:
    manager = Staff(
        f"{store}-manager", store, "manager", f"Store {store} manager", team.manager_capacity
    )
    guides = [
        Staff(
            f"{store}-guide-{number}",
            store,
            "guide",
            f"Store {store} guide {number}",
            team.guide_capacity,
        )
        for number in range(1, team.guides + 1)
    ]
    return [manager, *guides]
