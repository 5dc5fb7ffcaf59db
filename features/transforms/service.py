"""What the customer asked of the service desk, and how else they were in touch."""

import ibis
import ibis.expr.types as ir

from features.transforms.base import WINDOWS, Inputs
from features.transforms.campaigns import REDEMPTION
from features.transforms.feature import Feature
from features.transforms.formulas import KEY, days_between, given
from features.transforms.knowledge import told_at

FEATURES = (
    Feature(
        "tickets_90d",
        "service",
        "count",
        "service cases, 90 days",
        "近90天服务单数",
        "opened {value} service cases in the last 90 days",
        "近90天有 {value} 个服务单",
        actionable=True,
    ),
    Feature(
        "open_tickets",
        "service",
        "count",
        "open service cases",
        "未结服务单数",
        "{value} service cases are open",
        "有 {value} 个服务单未结",
        actionable=True,
    ),
    Feature(
        "days_since_ticket",
        "service",
        "days",
        "days since last service case",
        "距上次服务单天数",
        "{value} days since the last service case was opened",
        "距上次服务单 {value} 天",
        actionable=False,
    ),
    Feature(
        "resolution_days_mean",
        "service",
        "days",
        "mean days to close a case",
        "服务单平均处理天数",
        "service cases took {value} days to close on average",
        "服务单平均 {value} 天办结",
        actionable=True,
    ),
    Feature(
        "satisfaction_mean",
        "service",
        "score",
        "mean satisfaction, 1 to 5",
        "平均满意度",
        "rates the service {value} of 5 on average",
        "服务满意度平均 {value} 分",
        actionable=True,
    ),
    Feature(
        "nps_last",
        "service",
        "score",
        "last recommendation score, 0 to 10",
        "最近推荐意愿分",
        "would recommend the shop with {value} of 10",
        "最近推荐意愿 {value} 分",
        actionable=True,
    ),
    Feature(
        "interactions_90d",
        "service",
        "count",
        "interactions but redemptions, 90 days",
        "近90天互动次数",
        "interacted {value} times in the last 90 days",
        "近90天互动 {value} 次",
        actionable=True,
    ),
    Feature(
        "days_since_interaction",
        "service",
        "days",
        "days since last interaction but redemptions",
        "距上次互动天数",
        "{value} days since the last interaction",
        "距上次互动 {value} 天",
        actionable=True,
    ),
)
_COUNTS = ("tickets_90d", "open_tickets", "interactions_90d")
_NOT_RATED = -1.0


def lately(inputs: Inputs) -> tuple[ir.Table, ...]:
    """Return service cases and interactions, where the lake records any."""
    found = (_asked(inputs.tickets), _in_touch(inputs.interactions))
    return tuple(table for table in found if table is not None)


def columns(row: ir.Table) -> dict[str, ir.Value]:
    """Return the service features from the sums of `lately`.

    A customer without a case has 0 cases; a lake that records none gives missing.
    """
    every = {feature.name: given(row, feature.name) for feature in FEATURES}
    counts = {name: every[name].fill_null(0.0) for name in _COUNTS if name in row.columns}
    return {**every, **counts}


def cases(tickets: ir.Table) -> ir.Table:
    """Return each case in the newest state that its cutoff knows.

    Parameters
    ----------
    tickets
        States of cases whose opening was known at `as_of`. One that is closed later than that
        tells of the opening alone: neither the closing nor a rating was known yet.

    Returns
    -------
    ibis.Table
        customer_id, as_of, ticket_id, opened_at, and where known closed_at, satisfaction and nps.
    """
    ahead = tickets.closed_at.notnull() & (tickets.closed_at >= tickets.as_of)
    closed = tickets.closed_at.fill_null(tickets.opened_at)
    told = told_at(tickets, "opened_at")
    # Of states told together a closed one is newer than an open one, and a rated one the newest.
    state = {
        "at": ahead.ifelse(tickets.opened_at, ibis.greatest(told, closed)),
        "is_closed": (~ahead & tickets.closed_at.notnull()).cast("int8"),
        "closed_at": ahead.ifelse(tickets.opened_at, closed),
        "satisfaction": ahead.ifelse(_NOT_RATED, tickets.satisfaction.fill_null(_NOT_RATED)),
        "nps": ahead.ifelse(_NOT_RATED, tickets.nps.fill_null(_NOT_RATED)),
    }
    newest = tickets.group_by(*KEY, "ticket_id").agg(
        opened_at=tickets.opened_at.min(), state=ibis.struct(state).max()
    )
    is_closed = newest.state["is_closed"] == 1
    return newest.select(
        *KEY,
        "ticket_id",
        "opened_at",
        closed_at=is_closed.ifelse(newest.state["closed_at"], ibis.null("timestamp(6)")),
        satisfaction=newest.state["satisfaction"].nullif(_NOT_RATED),
        nps=newest.state["nps"].nullif(_NOT_RATED),
    )


def _asked(tickets: ir.Table | None) -> ir.Table | None:
    if tickets is None:
        return None
    every = cases(tickets)
    age = days_between(every.opened_at, every.as_of)
    rated = {"at": every.opened_at, "ticket_id": every.ticket_id, "nps": every.nps}
    sums = every.group_by(*KEY).agg(
        tickets_90d=(age <= WINDOWS.recent).sum(),
        open_tickets=every.closed_at.isnull().sum(),
        days_since_ticket=age.min(),
        resolution_days_mean=days_between(every.opened_at, every.closed_at).mean(),
        satisfaction_mean=every.satisfaction.mean(),
        last_rated=ibis.struct(rated).max(where=every.nps.notnull()),
    )
    return sums.mutate(nps_last=sums.last_rated["nps"]).drop("last_rated")


def _in_touch(interactions: ir.Table | None) -> ir.Table | None:
    if interactions is None:
        return None
    other = interactions.filter(interactions.type != REDEMPTION)
    return other.group_by(*KEY).agg(
        interactions_90d=(other.age_days <= WINDOWS.recent).sum(),
        days_since_interaction=other.age_days.min(),
    )
