"""Contacts as rows to learn from: who was held out, what was known before, what followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from features.clock import utc
from training.dataset import Context
from training.labels import outcomes
from training.metrics import Floats
from training.uplift.policy import UpliftPolicy

CONTACTS = ("campaign_id", "customer_id", "contacted_at", "is_holdout")
_RUN = ":"


@dataclass(frozen=True)
class ContactRows:
    """One row per contact, or held-out customer, with a settled outcome.

    Attributes
    ----------
    frame
        `customer_id`, `as_of`, `campaign`, `treated` (1.0 contacted, 0.0 held out), `share` (of
        the campaign that was contacted), `bought`, `spend`, and the features known at `as_of`.
    features
        Names of the features.
    """

    frame: pd.DataFrame
    features: tuple[str, ...]

    @property
    def who(self) -> "pd.Series[str]":
        """Whose row each is."""
        found: pd.Series[str] = self.frame["customer_id"]
        return found

    @property
    def x(self) -> Floats:
        """Features, shape (n, n_features), NaN where missing."""
        return self.frame[list(self.features)].to_numpy(np.float64)

    def column(self, name: str) -> Floats:
        """Return a column of numbers, shape (n,)."""
        return self.frame[name].to_numpy(np.float64)


def assignments(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return who was contacted or held out, by which campaign, seen from which midnight.

    Runs of one campaign, named `campaign:run`, hold out by the same rule and count as one. The
    midnight (UTC) at or before a contact is the last moment that surely knows nothing of it.

    Parameters
    ----------
    contacts
        Columns of `CONTACTS`; `contacted_at` aware.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `as_of`, `campaign` and `treated`, one row per customer, campaign and day.
    """
    found = pd.DataFrame(
        {
            "customer_id": contacts["customer_id"].astype("object"),
            "as_of": pd.to_datetime(contacts["contacted_at"], utc=True).dt.floor("D"),
            "campaign": contacts["campaign_id"].astype("str").str.split(_RUN).str[0],
            "treated": 1.0 - contacts["is_holdout"].astype("float64").fillna(0.0),
        }
    )
    return found.drop_duplicates(["customer_id", "campaign", "as_of"]).reset_index(drop=True)


def with_holdouts(assigned: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of campaigns that held somebody out and contacted somebody, with `share`."""
    share = assigned.groupby("campaign")["treated"].transform("mean")
    both = (share > 0) & (share < 1)
    return assigned.assign(share=share)[both].reset_index(drop=True)


def usable_moments(
    assigned: pd.DataFrame, first: datetime, today: datetime, horizon_days: int
) -> list[datetime]:
    """Return the moments, oldest first, that know orders and whose outcomes are settled."""
    newest = utc(today) - timedelta(days=horizon_days)
    moments = sorted({utc(moment.to_pydatetime()) for moment in assigned["as_of"]})
    return [moment for moment in moments if utc(first) < moment <= newest]


def contact_rows(
    ctx: Context, assigned: pd.DataFrame, moments: Sequence[datetime], policy: UpliftPolicy
) -> ContactRows:
    """Join what was known of each customer at the contact with what followed.

    Customers who had bought nothing before are left out: nothing was known of them.

    Parameters
    ----------
    assigned
        As from `with_holdouts`.
    moments
        Of `usable_moments`; their features are built.
    """
    followed = ctx.lake.con.execute(
        outcomes(ctx.lake.table("order_lines"), moments, policy.horizon_days)
    )
    followed = followed.assign(
        as_of=followed["as_of"].dt.tz_localize(UTC), bought=1.0 - followed["churned"]
    )
    kept = assigned.merge(
        followed[["customer_id", "as_of", "bought", "spend"]], on=["customer_id", "as_of"]
    )
    # The share of those who can be judged, not of those once written down.
    kept = with_holdouts(kept.drop(columns="share", errors="ignore"))
    taken = _taken(kept["customer_id"].unique().tolist(), policy)
    return joined(ctx, kept[kept["customer_id"].isin(taken)], policy)


def joined(ctx: Context, rows: pd.DataFrame, policy: UpliftPolicy) -> ContactRows:
    """Add what was known of the customers of `rows` at `as_of`."""
    rows = rows.sort_values(["as_of", "customer_id", "campaign"], ignore_index=True)
    known = ctx.store.history(policy.service, rows)
    names = ctx.store.feature_names(policy.service)
    return ContactRows(known, tuple(name for name in names if known[name].dtype == "float64"))


def beside_others(
    ctx: Context, assigned: pd.DataFrame, moments: Sequence[datetime], policy: UpliftPolicy
) -> ContactRows:
    """Set contacted customers beside all others known at the same moments.

    Returns
    -------
    ContactRows
        `campaign` is the moment, `treated` says who was contacted; there are no outcomes.
    """
    known = [
        pd.DataFrame({"customer_id": _taken(ctx.store.customers(moment), policy), "as_of": moment})
        for moment in moments
    ]
    contacted = assigned[["customer_id", "as_of"]].drop_duplicates().assign(treated=1.0)
    rows = pd.concat(known).merge(contacted, how="left", on=["customer_id", "as_of"])
    rows["treated"] = rows["treated"].fillna(0.0)
    rows["campaign"] = rows["as_of"].astype("str")
    return joined(ctx, with_holdouts(rows), policy)


def _taken(customers: Sequence[str], policy: UpliftPolicy) -> list[str]:
    """Return at most so many customers as a policy allows, by chance, the same on a rerun."""
    if len(customers) <= policy.most_customers:
        return list(customers)
    order = np.random.default_rng(policy.seed).permutation(len(customers))
    return [customers[place] for place in order[: policy.most_customers]]
