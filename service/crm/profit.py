"""What a retention list earns at each size: expected customers saved, cost and profit."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

# Sums of costs carry rounding: three contacts at 0.1 are paid by a budget of 0.3.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class ProfitPolicy:
    """What a contact costs and what a saved customer is worth.

    Attributes
    ----------
    contact_cost
        Of one contact, in the tenant's currency.
    margin_rate
        Share (0 to 1) of a customer's spend that stays with the shop.
    save_rate
        An ASSUMPTION, used where no effect could be measured: the share (0 to 1) of customers
        about to leave whom a contact keeps. Nothing in the data says it.
    """

    version: str = "profit-1"
    contact_cost: float = 1.5
    margin_rate: float = 0.3
    save_rate: float = 0.1


@dataclass(frozen=True, slots=True)
class Contact:
    """One customer who might be contacted.

    Attributes
    ----------
    saved
        Expected customers saved by the contact (the uplift), -1 to 1: below zero for those whom a
        contact drives away.
    value
        Expected spend, in the tenant's currency.
    cost
        Of this contact.
    """

    customer_id: str
    saved: float
    value: float
    cost: float


@dataclass(frozen=True, slots=True)
class Point:
    """The first `size` contacts together; the last three are expected sums."""

    size: int
    saved: float
    cost: float
    profit: float


@dataclass(frozen=True, slots=True)
class ProfitCurve:
    """Contacts in the order they are worth making, and what each size of list comes to.

    Attributes
    ----------
    contacts
        The best first. Those who would not be saved are not here, at any size.
    points
        By size, from 0 to all contacts.
    recommended
        Size of greatest profit that the budget pays; the smallest, if several.
    affordable
        Size of the longest list that the budget pays.
    """

    contacts: tuple[Contact, ...]
    points: tuple[Point, ...]
    recommended: int
    affordable: int
    policy_version: str

    @property
    def best(self) -> Point:
        """What the recommended list comes to."""
        return self.points[self.recommended]

    @property
    def chosen(self) -> tuple[Contact, ...]:
        """The contacts of the recommended list."""
        return self.contacts[: self.recommended]


def expected_profit(contact: Contact, policy: ProfitPolicy) -> float:
    """Return (uplift x value) - cost, the value being the margin on what is spent."""
    return contact.saved * contact.value * policy.margin_rate - contact.cost


def saved_by_assumption(risk: float, policy: ProfitPolicy) -> float:
    """Return expected customers saved where no uplift was measured: risk x assumed save rate."""
    return risk * policy.save_rate


def profit_curve(contacts: Sequence[Contact], policy: ProfitPolicy, budget: float) -> ProfitCurve:
    """Lay contacts in order of what they earn for their cost, and find the best size of list.

    Parameters
    ----------
    contacts
        One for each customer. One without a number (NaN), without value or whose `saved` is not
        above zero is never contacted.
    budget
        Most that all contacts together may cost.
    """
    ordered = tuple(sorted(filter(_may_be_made, contacts), key=lambda one: _rank(one, policy)))
    points = tuple(
        Point(size, saved, cost, profit)
        for size, (saved, cost, profit) in enumerate(
            zip(
                _sums(one.saved for one in ordered),
                _sums(one.cost for one in ordered),
                _sums(expected_profit(one, policy) for one in ordered),
                strict=True,
            )
        )
    )
    paid = [point for point in points if point.cost <= budget * (1 + _ROUNDING)]
    best = max(paid, key=lambda point: (point.profit, -point.size), default=points[0])
    return ProfitCurve(ordered, points, best.size, max(len(paid) - 1, 0), policy.version)


def sizes_to_show(curve: ProfitCurve) -> list[int]:
    """Return sizes a person wants to compare: 10, 20, 50, 100, ..., all, and the recommended."""
    everybody = len(curve.contacts)
    round_sizes = (
        step * 10**power for power in range(1, len(str(everybody)) + 1) for step in (1, 2, 5)
    )
    named = {size for size in round_sizes if size < everybody}
    return sorted({*named, everybody, curve.recommended, curve.affordable} - {0})


def _may_be_made(contact: Contact) -> bool:
    known = all(map(math.isfinite, (contact.saved, contact.value, contact.cost)))
    return known and contact.saved > 0 and contact.value > 0


def _rank(contact: Contact, policy: ProfitPolicy) -> tuple[float, float, str]:
    profit = expected_profit(contact, policy)
    # What costs nothing comes before all that does; among equals the order of ids decides.
    return_on_cost = profit / contact.cost if contact.cost > 0 else math.inf
    return -return_on_cost, -profit, contact.customer_id


def _sums(values: Iterable[float]) -> Iterable[float]:
    return accumulate(values, initial=0.0)
