"""How often the customer was contacted, and how they answered."""

import ibis
import ibis.expr.types as ir

from features.transforms.base import WINDOWS, Inputs
from features.transforms.feature import Feature
from features.transforms.formulas import KEY, left_joined, share


def _contacts(days: int) -> Feature:
    return Feature(
        f"contacts_{days}d",
        "campaigns",
        "count",
        f"campaign contacts, {days} days",
        f"近{days}天活动触达次数",
        f"contacted {{value}} times in the last {days} days",
        f"近{days}天被触达 {{value}} 次",
        actionable=True,
    )


FEATURES = (
    *map(_contacts, WINDOWS.contact),
    Feature(
        "contacts_total",
        "campaigns",
        "count",
        "campaign contacts so far",
        "累计活动触达次数",
        "contacted {value} times so far",
        "累计被触达 {value} 次",
        actionable=True,
    ),
    Feature(
        "days_since_contact",
        "campaigns",
        "days",
        "days since last contact",
        "距上次触达天数",
        "{value} days since the last campaign contact",
        "距上次活动触达 {value} 天",
        actionable=True,
    ),
    Feature(
        "redemptions_90d",
        "campaigns",
        "count",
        "redemptions, 90 days",
        "近90天核销次数",
        "redeemed {value} coupons in the last 90 days",
        "近90天核销 {value} 张券",
        actionable=True,
    ),
    Feature(
        "redemptions_total",
        "campaigns",
        "count",
        "redemptions so far",
        "累计核销次数",
        "redeemed {value} coupons so far",
        "累计核销 {value} 张券",
        actionable=False,
    ),
    Feature(
        "redemption_rate",
        "campaigns",
        "ratio",
        "redemptions per contact",
        "每次触达核销数",
        "{value} redemptions for each contact",
        "每次触达平均核销 {value} 次",
        actionable=False,
    ),
    Feature(
        "days_since_redemption",
        "campaigns",
        "days",
        "days since last redemption",
        "距上次核销天数",
        "{value} days since the last redemption",
        "距上次核销 {value} 天",
        actionable=False,
    ),
)
REDEMPTION = "coupon_redeemed"


def build(inputs: Inputs) -> ir.Table:
    """Return the campaign features of every customer and cutoff.

    A customer nobody contacted has 0 contacts; a lake that records no contacts gives missing.
    """
    joined = left_joined(inputs.population, (_contacted(inputs), _redeemed(inputs)))
    return joined.mutate(redemption_rate=share(joined.redemptions_total, joined.contacts_total))


def _contacted(inputs: Inputs) -> ir.Table:
    names = [f"contacts_{d}d" for d in WINDOWS.contact] + ["contacts_total"]
    if inputs.contacts is None:
        return _missing(inputs.population, (*names, "days_since_contact"))
    sent = inputs.contacts.filter(~inputs.contacts.is_holdout)
    counts = sent.group_by(*KEY).agg(
        **{f"contacts_{d}d": (sent.age_days <= d).sum() for d in WINDOWS.contact},
        contacts_total=sent.count(),
        days_since_contact=sent.age_days.min(),
    )
    return _zero_where_none(inputs.population, counts, names)


def _redeemed(inputs: Inputs) -> ir.Table:
    names = ["redemptions_90d", "redemptions_total"]
    if inputs.interactions is None:
        return _missing(inputs.population, (*names, "days_since_redemption"))
    used = inputs.interactions.filter(inputs.interactions.type == REDEMPTION)
    counts = used.group_by(*KEY).agg(
        redemptions_90d=(used.age_days <= WINDOWS.recent).sum(),
        redemptions_total=used.count(),
        days_since_redemption=used.age_days.min(),
    )
    return _zero_where_none(inputs.population, counts, names)


def _zero_where_none(population: ir.Table, counts: ir.Table, names: list[str]) -> ir.Table:
    joined = left_joined(population, (counts,))
    return joined.mutate(**{n: joined[n].cast("float64").fill_null(0.0) for n in names})


def _missing(population: ir.Table, names: tuple[str, ...]) -> ir.Table:
    return population.mutate(**{name: ibis.null("float64") for name in names})
