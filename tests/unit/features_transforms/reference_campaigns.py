"""How often the customer was contacted and how they answered, by definition."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from tests.unit.features_transforms.reference import Definition, Known
from tests.unit.features_transforms.reference_formulas import mean, rate, share


def contacts(known: Known) -> list[float] | None:
    """Return the ages of the contacts, without those held out; None where none are recorded."""
    if known.contacts is None:
        return None
    return [known.age(contact.at) for contact in known.contacts if not contact.is_holdout]


def redemptions(known: Known) -> list[float] | None:
    if known.interactions is None:
        return None
    return [known.age(each.at) for each in known.interactions if each.type == "coupon_redeemed"]


def count(ages: Sequence[float] | None, days: float = math.inf) -> float:
    """Return how many are at most `days` old."""
    return math.nan if ages is None else sum(age <= days for age in ages)


def latest(ages: Sequence[float] | None) -> float:
    return min(ages or (), default=math.nan)


def since_purchase(known: Known) -> float:
    """Return how many contacts came after the last purchase."""
    ages = contacts(known)
    silent = known.age(known.purchases[-1].at)
    return math.nan if ages is None else sum(age < silent for age in ages)


def interval(known: Known) -> float:
    """Return the mean days from one contact to the next."""
    ages = sorted(contacts(known) or ())
    return mean([older - newer for newer, older in pairwise(ages)])


def response(known: Known) -> float:
    """Return the share of contacts with a redemption in the 30 days after it."""
    sent, used = contacts(known), redemptions(known)
    if sent is None or used is None:
        return math.nan
    return rate(any(0 <= before - after <= 30 for after in used) for before in sent)


def touches(known: Known) -> list[float] | None:
    """Return the ages of the interactions that are not redemptions."""
    if known.interactions is None:
        return None
    return [known.age(each.at) for each in known.interactions if each.type != "coupon_redeemed"]


FEATURES: Mapping[str, Definition] = {
    "contacts_30d": lambda known: count(contacts(known), 30),
    "contacts_90d": lambda known: count(contacts(known), 90),
    "contacts_total": lambda known: count(contacts(known)),
    "days_since_contact": lambda known: latest(contacts(known)),
    "redemptions_90d": lambda known: count(redemptions(known), 90),
    "redemptions_total": lambda known: count(redemptions(known)),
    "redemption_rate": lambda known: share(count(redemptions(known)), count(contacts(known))),
    "days_since_redemption": lambda known: latest(redemptions(known)),
    "contacts_since_purchase": since_purchase,
    "contact_interval_days": interval,
    "contacts_per_order_90d": lambda known: share(
        count(contacts(known), 90), len(known.within(90))
    ),
    "contact_response_share": response,
    "interactions_90d": lambda known: count(touches(known), 90),
    "days_since_interaction": lambda known: latest(touches(known)),
}
