"""The effect of contacts, or a plain statement why the data do not tell it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from training.cards.card import Estimate
from training.dataset import Context
from training.uplift.chance import assignment_auc
from training.uplift.contacts import (
    ContactRows,
    assignments,
    beside_others,
    contact_rows,
    usable_moments,
    with_holdouts,
)
from training.uplift.effect import Uplift, measure_uplift
from training.uplift.enough import NO_CONTACTS, NO_HOLDOUTS, enough
from training.uplift.policy import UPLIFT, UpliftPolicy

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Finding:
    """What the contacts say of their effect.

    Attributes
    ----------
    campaigns, contacted, held_out
        What could be judged; of campaigns with holdouts where there are any.
    auc
        How well what was known before tells who was contacted; None where it was not measured.
    randomised
        Whether `auc` is about holdouts, and not about contacted customers beside all others.
    refused
        Why no effect was measured, one phrase a reason.
    uplift
        None if refused.
    """

    policy: UpliftPolicy
    campaigns: int
    contacted: int
    held_out: int
    auc: Estimate | None
    randomised: bool
    refused: tuple[str, ...]
    uplift: Uplift | None = None

    @property
    def usable(self) -> Uplift | None:
        """The effect, if it ranks customers better than chance."""
        found = self.uplift
        return found if found and found.qini.low is not None and found.qini.low > 0 else None


def estimate_uplift(
    ctx: Context,
    contacts: pd.DataFrame,
    policy: UpliftPolicy = UPLIFT,
    progress: Progress | None = None,
) -> Finding:
    """Estimate what contacts change, if the data allow.

    Features of the moments of contact that are not built yet are built.

    Parameters
    ----------
    contacts
        Columns `campaign_id`, `customer_id`, `contacted_at` (aware) and `is_holdout`.
    progress
        Called with the share done, 0 to 1.

    Raises
    ------
    TableMissingError
        There are no orders.
    """
    tell = progress or (lambda _: None)
    assigned = assignments(contacts)
    if assigned.empty:
        return _finding(assigned, None, policy, (NO_CONTACTS,), randomised=False)
    randomised = with_holdouts(assigned)
    rows = _settled(ctx, randomised, policy)
    tell(0.4)
    if rows is None:
        return _not_randomised(ctx, assigned, randomised, policy, tell)
    auc = assignment_auc(rows, policy)
    tell(0.6)
    reasons = enough(rows, auc, policy)
    uplift = None if reasons else measure_uplift(rows, policy)
    tell(1.0)
    return _finding(rows.frame, auc, policy, reasons, randomised=True, uplift=uplift)


def _settled(ctx: Context, randomised: pd.DataFrame, policy: UpliftPolicy) -> ContactRows | None:
    """Return the contacts of campaigns with holdouts whose outcome is known, if there are any."""
    first, today = ctx.lake.first_moment(), ctx.today
    moments = usable_moments(randomised, first, today, policy.horizon_days)
    if not moments:
        return None
    ctx.store.build(moments, service=policy.service)
    rows = contact_rows(ctx, randomised, moments, policy)
    return None if rows.frame.empty else rows


def _not_randomised(
    ctx: Context,
    assigned: pd.DataFrame,
    randomised: pd.DataFrame,
    policy: UpliftPolicy,
    tell: Progress,
) -> Finding:
    """Refuse, and say by how much those contacted without holdouts differ from all others."""
    held_out, days = int((1 - randomised["treated"]).sum()), policy.horizon_days
    whole = assigned[~assigned["campaign"].isin(randomised["campaign"])]
    reasons = (NO_HOLDOUTS,) if len(whole) else ()
    if held_out:
        reasons = (*reasons, f"{held_out:,} were held out since, but not {days} days ago yet")
    moments = usable_moments(whole, ctx.lake.first_moment(), ctx.today, horizon_days=0)
    rows = _beside_others(ctx, whole, moments[-policy.newest_moments :], policy)
    tell(0.7)
    auc = None if rows is None or rows.frame.empty else assignment_auc(rows, policy)
    tell(1.0)
    return _finding(whole, auc, policy, reasons, randomised=False)


def _beside_others(
    ctx: Context, assigned: pd.DataFrame, moments: Sequence[datetime], policy: UpliftPolicy
) -> ContactRows | None:
    if not moments:
        return None
    ctx.store.build(moments, service=policy.service)
    return beside_others(ctx, assigned, moments, policy)


def _finding(
    rows: pd.DataFrame,
    auc: Estimate | None,
    policy: UpliftPolicy,
    refused: tuple[str, ...],
    *,
    randomised: bool,
    uplift: Uplift | None = None,
) -> Finding:
    return Finding(
        policy=policy,
        campaigns=rows["campaign"].nunique(),
        contacted=int(rows["treated"].sum()),
        held_out=int((1 - rows["treated"]).sum()),
        auc=auc,
        randomised=randomised,
        refused=refused,
        uplift=uplift,
    )
