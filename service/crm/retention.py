"""Who is worth a call before leaving: at risk and valuable, by expected loss, within capacity."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

Group = Literal["treatment", "holdout"]


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """Who is taken, and how many.

    Attributes
    ----------
    risk_at_least
        Smallest calibrated probability of leaving that counts as at risk.
    value_at_least
        Smallest expected spend of the next 90 days, in the tenant's currency.
    capacity, capacity_per_store
        Most customers in treatment, over all and in each store; None sets no limit of its own.
    holdout_share
        Share (0 to 1) of the taken who are left alone, so that the effect can be measured.
    seed
        Changes who is held out.
    rest_days
        Days a listed customer, treated or held out, is not listed again.
    """

    version: str = "retention-1"
    risk_at_least: float = 0.15
    value_at_least: float = 100.0
    capacity: int = 200
    capacity_per_store: int | None = None
    holdout_share: float = 0.1
    seed: str = "shuke"
    rest_days: int = 28


@dataclass(frozen=True, slots=True)
class Candidate:
    """One scored customer.

    Attributes
    ----------
    risk
        Calibrated probability of leaving, 0 to 1.
    value
        Expected spend of the next 90 days.
    reason
        The strongest reason that raises the risk, as a sentence.
    """

    customer_id: str
    store_id: str | None
    risk: float
    value: float
    reason: str


@dataclass(frozen=True, slots=True)
class Action:
    """One customer on the list; `rank` 1 has the greatest expected loss."""

    customer_id: str
    rank: int
    group: Group
    store_id: str | None
    expected_loss: float
    reason: str
    policy_version: str


class Verdict(StrEnum):
    """What became of a candidate, by the first rule that spoke."""

    LOW_RISK = "risk below the threshold"
    LOW_VALUE = "value below the threshold"
    RESTING = "listed recently"
    STORE_FULL = "store at capacity"
    FULL = "list at capacity"
    HOLDOUT = "held out"
    TREATMENT = "treatment"


def plan(
    candidates: Sequence[Candidate],
    policy: RetentionPolicy,
    as_of: datetime,
    resting: Collection[str] = frozenset(),
) -> list[Action]:
    """Return the list of `as_of`, greatest expected loss first.

    Treatment never exceeds capacity. Held-out customers take no place, as nobody works for them;
    they come from the same ranks as the treated, so the two groups can be compared.

    Parameters
    ----------
    candidates
        One for each customer.
    resting
        Customers listed within `policy.rest_days` before `as_of`.
    """
    taken = [
        (candidate, verdict)
        for candidate, verdict in _verdicts(candidates, policy, as_of, resting)
        if verdict in (Verdict.TREATMENT, Verdict.HOLDOUT)
    ]
    return [
        _action(rank, candidate, "holdout" if verdict is Verdict.HOLDOUT else "treatment", policy)
        for rank, (candidate, verdict) in enumerate(taken, start=1)
    ]


def summary(
    candidates: Sequence[Candidate],
    policy: RetentionPolicy,
    as_of: datetime,
    resting: Collection[str] = frozenset(),
) -> Mapping[Verdict, int]:
    """Return how many candidates met each verdict of `plan`; the counts add up to all of them."""
    counts = Counter(verdict for _, verdict in _verdicts(candidates, policy, as_of, resting))
    return {verdict: counts[verdict] for verdict in Verdict}


def held_out(customer_id: str, policy: RetentionPolicy, as_of: datetime) -> bool:
    """Return whether a customer falls into the holdout of `as_of`; a rerun says the same."""
    text = f"{policy.seed}|{as_of.astimezone(UTC).isoformat()}|{customer_id}"
    head = hashlib.sha256(text.encode()).digest()[:8]
    return int.from_bytes(head) / 2**64 < policy.holdout_share


def _verdicts(
    candidates: Sequence[Candidate],
    policy: RetentionPolicy,
    as_of: datetime,
    resting: Collection[str],
) -> Iterator[tuple[Candidate, Verdict]]:
    treated: Counter[str | None] = Counter()
    for candidate in sorted(candidates, key=_rank_key):
        verdict = _barred(candidate, policy, resting) or _full(candidate, policy, treated)
        if verdict is None:
            held = held_out(candidate.customer_id, policy, as_of)
            verdict = Verdict.HOLDOUT if held else Verdict.TREATMENT
            treated[candidate.store_id] += verdict is Verdict.TREATMENT
        yield candidate, verdict


def _barred(
    candidate: Candidate, policy: RetentionPolicy, resting: Collection[str]
) -> Verdict | None:
    # Written as "not at least", so that a missing number (NaN) bars too.
    if not candidate.risk >= policy.risk_at_least:
        return Verdict.LOW_RISK
    if not candidate.value >= policy.value_at_least:
        return Verdict.LOW_VALUE
    return Verdict.RESTING if candidate.customer_id in resting else None


def _full(
    candidate: Candidate, policy: RetentionPolicy, treated: Counter[str | None]
) -> Verdict | None:
    if treated.total() >= policy.capacity:
        return Verdict.FULL
    limit = policy.capacity_per_store
    store_full = limit is not None and treated[candidate.store_id] >= limit
    return Verdict.STORE_FULL if store_full else None


def _rank_key(candidate: Candidate) -> tuple[float, str]:
    loss = candidate.risk * candidate.value
    # NaN has no order and would scramble the sort; such candidates are barred anyway.
    return (-loss if loss == loss else 0.0, candidate.customer_id)


def _action(rank: int, candidate: Candidate, group: Group, policy: RetentionPolicy) -> Action:
    loss = candidate.risk * candidate.value
    facts = (
        f"{candidate.risk:.0%} likely to leave; {candidate.value:,.0f} expected in 90 days"
        f", {loss:,.0f} at stake"
    )
    return Action(
        customer_id=candidate.customer_id,
        rank=rank,
        group=group,
        store_id=candidate.store_id,
        expected_loss=loss,
        reason=f"{candidate.reason}; {facts}" if candidate.reason else facts,
        policy_version=policy.version,
    )
