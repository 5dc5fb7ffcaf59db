"""How often the customer was contacted, and how they answered."""

import ibis
import ibis.expr.types as ir

from features.transforms.base import WINDOWS, Inputs
from features.transforms.feature import Feature
from features.transforms.formulas import KEY, given, share


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
    Feature(
        "contacts_since_purchase",
        "campaigns",
        "count",
        "contacts since last purchase",
        "上次购买后触达次数",
        "contacted {value} times since the last purchase",
        "上次购买后被触达 {value} 次",
        actionable=True,
    ),
    Feature(
        "contact_interval_days",
        "campaigns",
        "days",
        "mean days between contacts",
        "平均触达间隔",
        "contacted every {value} days on average",
        "平均每 {value} 天触达一次",
        actionable=True,
    ),
    Feature(
        "contacts_per_order_90d",
        "campaigns",
        "ratio",
        "contacts per order, 90 days",
        "近90天每单触达次数",
        "{value} contacts for each order in the last 90 days",
        "近90天每笔订单对应 {value} 次触达",
        actionable=True,
    ),
    Feature(
        "contact_response_share",
        "campaigns",
        "share",
        "contacts answered by a redemption within 30 days",
        "触达后30天内核销占比",
        "{value} of contacts were followed by a redemption within 30 days",
        "{value} 的触达在30天内带来核销",
        actionable=False,
    ),
)
_CONTACTS = (*(f"contacts_{days}d" for days in WINDOWS.contact), "contacts_total")
_REDEMPTIONS = ("redemptions_90d", "redemptions_total")
REDEMPTION = "coupon_redeemed"
RESPONSE_DAYS = 30


def lately(inputs: Inputs) -> tuple[ir.Table, ...]:
    """Return contacts and redemptions, where the lake records any."""
    contacts, interactions = inputs.contacts, inputs.interactions
    sent = None if contacts is None else contacts.filter(~contacts.is_holdout)
    used = None if interactions is None else interactions.filter(interactions.type == REDEMPTION)
    found = (_contacted(sent), _redeemed(used), _answered(sent, used))
    return tuple(table for table in found if table is not None)


def columns(row: ir.Table) -> dict[str, ir.Value]:
    """Return the campaign features from the sums of `lately`.

    A customer nobody contacted has 0 contacts; a lake that records no contacts gives missing.
    """
    counts = {name: _count(row, name) for name in (*_CONTACTS, *_REDEMPTIONS)}
    return {
        **counts,
        "days_since_contact": given(row, "days_since_contact"),
        "redemption_rate": share(counts["redemptions_total"], counts["contacts_total"]),
        "days_since_redemption": given(row, "days_since_redemption"),
        "contacts_since_purchase": _since_purchase(row),
        "contact_interval_days": given(row, "contact_interval_days"),
        "contacts_per_order_90d": share(counts["contacts_90d"], row["orders_90d"]),
        "contact_response_share": _response(row),
    }


def _contacted(sent: ir.Table | None) -> ir.Table | None:
    if sent is None:
        return None
    return sent.group_by(*KEY).agg(
        **{f"contacts_{d}d": (sent.age_days <= d).sum() for d in WINDOWS.contact},
        contacts_total=sent.count(),
        days_since_contact=sent.age_days.min(),
        contact_interval_days=share(
            sent.age_days.max() - sent.age_days.min(), sent.count().cast("float64") - 1.0
        ),
        contact_moments=sent.contacted_at.collect(),
    )


def _answered(sent: ir.Table | None, used: ir.Table | None) -> ir.Table | None:
    if sent is None or used is None:
        return None
    until = sent.contacted_at + ibis.interval(days=RESPONSE_DAYS)
    in_time = [used.occurred_at >= sent.contacted_at, used.occurred_at <= until]
    answered = sent.semi_join(used, [*KEY, *in_time])
    return answered.group_by(*KEY).agg(contacts_answered=answered.count())


def _redeemed(used: ir.Table | None) -> ir.Table | None:
    if used is None:
        return None
    return used.group_by(*KEY).agg(
        redemptions_90d=(used.age_days <= WINDOWS.recent).sum(),
        redemptions_total=used.count(),
        days_since_redemption=used.age_days.min(),
    )


def _count(row: ir.Table, name: str) -> ir.FloatingValue:
    return given(row, name).fill_null(0.0) if name in row.columns else given(row, name)


def _since_purchase(row: ir.Table) -> ir.FloatingValue:
    if "contact_moments" not in row.columns:
        return ibis.null("float64")
    last = row.last_at
    later = row.contact_moments.filter(lambda moment: moment > last)
    return later.length().cast("float64").fill_null(0.0)


def _response(row: ir.Table) -> ir.FloatingValue:
    if "contacts_answered" not in row.columns:
        return ibis.null("float64")
    return share(row.contacts_answered.fill_null(0), row.contacts_total)
