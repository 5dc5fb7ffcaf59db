"""Retries: growing waits over about three days, then no more."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.webhooks.policy import POLICY, RetryPolicy, wait

CHANCES = st.floats(0, 1, exclude_max=True)
POLICIES = st.builds(
    RetryPolicy,
    first=st.timedeltas(timedelta(seconds=1), timedelta(minutes=5)),
    factor=st.floats(1, 10),
    longest=st.timedeltas(timedelta(minutes=5), timedelta(days=2)),
    attempts=st.integers(1, 200),
    jitter=st.floats(0, 1),
)


def waits(policy: RetryPolicy, chance: float) -> list[timedelta]:
    found = (wait(attempt, chance, policy) for attempt in range(1, policy.attempts))
    return [each for each in found if each is not None]


@given(POLICIES, CHANCES)
def test_waits_never_shrink_and_stay_within_their_bounds(
    policy: RetryPolicy, chance: float
) -> None:
    found = waits(policy, chance)
    assert len(found) == policy.attempts - 1
    assert found == sorted(found)
    assert all(policy.first <= each <= policy.longest * (1 + policy.jitter) for each in found)


@given(POLICIES, CHANCES, st.integers(0, 1_000))
def test_after_the_last_attempt_there_is_no_other(
    policy: RetryPolicy, chance: float, more: int
) -> None:
    assert wait(policy.attempts + more, chance, policy) is None


@given(POLICIES, st.integers(1, 200), CHANCES, CHANCES)
def test_jitter_only_ever_adds_and_adds_more_by_a_greater_chance(
    policy: RetryPolicy, attempt: int, one: float, other: float
) -> None:
    low, high = (wait(attempt, chance, policy) for chance in sorted((one, other)))
    bare = wait(attempt, 0, policy)
    assert (low is None) == (high is None) == (attempt >= policy.attempts)
    if bare is not None and low is not None and high is not None:
        assert bare <= low <= high


@given(CHANCES)
def test_the_schedule_we_ship_lasts_about_three_days(chance: float) -> None:
    whole = sum(waits(POLICY.retry, chance), timedelta())
    assert timedelta(hours=67) < whole < timedelta(hours=82)
    assert POLICY.keep > whole


def test_an_attempt_ends_well_within_its_lease() -> None:
    assert POLICY.timeout * 5 <= POLICY.lease
