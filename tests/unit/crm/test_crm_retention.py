import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from service.crm.retention import Candidate, RetentionPolicy, Verdict, held_out, plan, summary

AS_OF = datetime(2018, 1, 1, tzinfo=UTC)
POLICY = RetentionPolicy(risk_at_least=0.2, value_at_least=50.0, capacity=10, holdout_share=0.1)
EVERYONE = replace(POLICY, capacity=10**6, holdout_share=0.0)

candidates = st.lists(
    st.builds(
        Candidate,
        st.integers(0, 10**6).map(str),
        st.none() | st.sampled_from(["1", "2"]),
        st.floats(0, 1) | st.just(math.nan),
        st.floats(0, 500) | st.just(math.nan),
        st.just("83 days since the last purchase"),
    ),
    unique_by=lambda candidate: candidate.customer_id,
    max_size=60,
)
policies = st.builds(
    RetentionPolicy,
    risk_at_least=st.floats(0, 1),
    value_at_least=st.floats(0, 500),
    capacity=st.integers(0, 20),
    capacity_per_store=st.none() | st.integers(0, 8),
    holdout_share=st.floats(0, 1),
)


def candidate(customer_id: str, risk: float = 0.5, value: float = 100.0) -> Candidate:
    return Candidate(customer_id, "1", risk, value, "83 days since the last purchase")


@given(candidates, policies)
def test_treatment_never_exceeds_capacity_overall_or_in_a_store(
    found: list[Candidate], policy: RetentionPolicy
) -> None:
    treated = [a for a in plan(found, policy, AS_OF) if a.group == "treatment"]
    assert len(treated) <= policy.capacity
    if policy.capacity_per_store is not None:
        stores = Counter(action.store_id for action in treated)
        assert all(count <= policy.capacity_per_store for count in stores.values())


@given(candidates, policies, st.randoms())
def test_a_rerun_in_any_order_makes_the_same_list(
    found: list[Candidate], policy: RetentionPolicy, random: Random
) -> None:
    mixed = list(found)
    random.shuffle(mixed)
    assert plan(found, policy, AS_OF) == plan(mixed, policy, AS_OF)


@given(candidates, policies)
def test_ranks_follow_expected_loss_and_all_taken_pass_both_thresholds(
    found: list[Candidate], policy: RetentionPolicy
) -> None:
    actions = plan(found, policy, AS_OF)
    facts = {c.customer_id: c for c in found}
    losses = [action.expected_loss for action in actions]
    assert losses == sorted(losses, reverse=True)
    assert [action.rank for action in actions] == list(range(1, len(actions) + 1))
    assert all(facts[a.customer_id].risk >= policy.risk_at_least for a in actions)
    assert all(facts[a.customer_id].value >= policy.value_at_least for a in actions)


@given(candidates, policies)
def test_the_summary_accounts_for_every_candidate(
    found: list[Candidate], policy: RetentionPolicy
) -> None:
    counts = summary(found, policy, AS_OF)
    actions = plan(found, policy, AS_OF)
    assert sum(counts.values()) == len(found)
    assert counts[Verdict.TREATMENT] == sum(a.group == "treatment" for a in actions)
    assert counts[Verdict.HOLDOUT] == sum(a.group == "holdout" for a in actions)


def test_the_summary_says_which_rule_cut_how_many() -> None:
    found = [
        candidate("calm", risk=0.1),
        candidate("cheap", value=10.0),
        candidate("rested"),
        candidate("first", value=400.0),
        candidate("second", value=300.0),
        replace(candidate("elsewhere", value=200.0), store_id="2"),
        replace(candidate("late", value=90.0), store_id="2"),
    ]
    policy = replace(POLICY, capacity=2, capacity_per_store=1, holdout_share=0.0)
    counts = summary(found, policy, AS_OF, resting={"rested"})
    assert {verdict: count for verdict, count in counts.items() if count} == {
        Verdict.LOW_RISK: 1,
        Verdict.LOW_VALUE: 1,
        Verdict.RESTING: 1,
        Verdict.STORE_FULL: 1,
        Verdict.FULL: 1,
        Verdict.TREATMENT: 2,
    }


def test_the_holdout_share_lies_within_binomial_bounds() -> None:
    for share in (0.05, 0.1, 0.5):
        policy = replace(POLICY, holdout_share=share)
        trials = 20_000
        held = sum(held_out(str(number), policy, AS_OF) for number in range(trials))
        spread = math.sqrt(trials * share * (1 - share))
        assert abs(held - trials * share) < 4 * spread


def test_the_holdout_depends_on_the_moment_and_the_seed_but_not_on_the_zone() -> None:
    def held(policy: RetentionPolicy, as_of: datetime) -> list[bool]:
        return [held_out(str(number), policy, as_of) for number in range(200)]

    half = replace(POLICY, holdout_share=0.5)
    elsewhere = AS_OF.astimezone(timezone(timedelta(hours=8)))
    assert held(half, AS_OF) == held(half, elsewhere)
    assert held(half, AS_OF) != held(half, AS_OF + timedelta(days=1))
    assert held(half, AS_OF) != held(replace(half, seed="other"), AS_OF)


def test_held_out_customers_take_no_place_and_come_from_the_same_ranks() -> None:
    policy = replace(POLICY, holdout_share=0.5)
    actions = plan([candidate(str(n), value=100.0 + n) for n in range(200)], policy, AS_OF)
    groups = [action.group for action in actions]
    assert groups.count("treatment") == policy.capacity
    assert groups[-1] == "treatment"
    assert 0 < groups.count("holdout") < 40


def test_each_action_says_why_in_one_sentence_and_under_which_policy() -> None:
    (action,) = plan([candidate("7", risk=0.25, value=400.0)], EVERYONE, AS_OF)
    assert action.expected_loss == 100.0
    assert action.policy_version == "retention-1"
    assert action.reason == (
        "83 days since the last purchase; 25% likely to leave; 400 expected in 90 days,"
        " 100 at stake"
    )
