"""What is known of one customer at one cutoff."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Protocol, TypeVar

from tests.unit.features_transforms.records import (
    Contact,
    Interaction,
    Line,
    Product,
    Ticket,
)
from tests.unit.features_transforms.worlds import World

DAY = timedelta(days=1)


class Record(Protocol):
    """What happened at a moment, and perhaps was told at another."""

    @property
    def at(self) -> datetime: ...
    @property
    def ingested_at(self) -> datetime | None: ...
    @property
    def customer_id(self) -> str | None: ...


Some = TypeVar("Some", bound=Record)


@dataclass(frozen=True)
class Basket:
    """The lines of one order at one moment, as far as they are known."""

    order_id: str
    at: datetime
    lines: Sequence[Line]

    @cached_property
    def bought(self) -> list[Line]:
        return [line for line in self.lines if line.quantity >= 0]

    @cached_property
    def returned(self) -> list[Line]:
        return [line for line in self.lines if line.quantity < 0]

    @property
    def spend(self) -> float:
        return math.fsum(line.net_amount for line in self.bought)

    @property
    def discount(self) -> float:
        return math.fsum(line.discount_amount for line in self.bought)

    @property
    def coupon(self) -> float:
        return math.fsum(line.coupon_amount for line in self.bought)

    @property
    def units(self) -> float:
        return math.fsum(line.quantity for line in self.bought)

    @property
    def shelf(self) -> float:
        """Return what the goods would have cost without discounts and coupons."""
        return math.fsum((self.spend, self.discount, self.coupon))

    @property
    def store(self) -> str | None:
        return min((x.store_id for x in self.lines if x.store_id is not None), default=None)

    @property
    def channel(self) -> str | None:
        return min((x.channel for x in self.lines if x.channel is not None), default=None)

    @property
    def categories(self) -> set[str]:
        return {line.category for line in self.bought if line.category is not None}


@dataclass(frozen=True)
class Known:
    """What a shop knew of one customer just before `cutoff`; None where no such table is kept."""

    cutoff: datetime
    lines: Sequence[Line]
    products: Sequence[Product] | None
    contacts: Sequence[Contact] | None
    interactions: Sequence[Interaction] | None
    tickets: Sequence[Ticket] | None

    @cached_property
    def baskets(self) -> list[Basket]:
        keys = dict.fromkeys((line.ordered_at, line.order_id) for line in self.lines)
        return [
            Basket(key[1], key[0], [x for x in self.lines if (x.ordered_at, x.order_id) == key])
            for key in sorted(keys)
        ]

    @cached_property
    def purchases(self) -> list[Basket]:
        """Return the baskets in which something was bought, oldest first."""
        return [basket for basket in self.baskets if basket.bought]

    @cached_property
    def days(self) -> list[date]:
        """Return the calendar days (UTC) with a purchase, oldest first."""
        return sorted({basket.at.date() for basket in self.purchases})

    @cached_property
    def gaps(self) -> list[float]:
        """Return the days from each purchase day to the next."""
        return [float((later - earlier).days) for earlier, later in pairwise(self.days)]

    def age(self, at: datetime) -> float:
        """Return the days from `at` to the cutoff."""
        return (self.cutoff - at) / DAY

    def since(self, day: date) -> float:
        """Return the calendar days (UTC) from `day` to the cutoff."""
        return float((self.cutoff.date() - day).days)

    def older(self, days: int) -> list[Basket]:
        """Return the purchases more than `days` old."""
        return [basket for basket in self.purchases if self.age(basket.at) > days]

    def within(self, days: int) -> list[Basket]:
        """Return the purchases at most `days` old."""
        return [basket for basket in self.purchases if self.age(basket.at) <= days]


def told(record: Record) -> datetime:
    """Return when it was known: as it happened, unless it was told later."""
    return max(record.at, record.ingested_at or record.at)


def known(world: World, customer: str, cutoff: datetime) -> Known:
    """Return what was known: what had happened, and had been told, strictly before the cutoff."""

    def before(records: Iterable[Some] | None) -> list[Some] | None:
        if records is None:
            return None
        return [
            record for record in records if record.customer_id == customer and told(record) < cutoff
        ]

    return Known(
        cutoff,
        before(world.lines) or [],
        world.products,
        before(world.contacts),
        before(world.interactions),
        before(world.tickets),
    )


Definition = Callable[[Known], float]
