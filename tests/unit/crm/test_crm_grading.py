from hypothesis import given
from hypothesis import strategies as st

from service.crm.grading import GradePolicy, grade

POLICY = GradePolicy()
percentiles = st.floats(0, 100)


@given(percentiles, percentiles)
def test_a_higher_percentile_never_gets_a_worse_letter(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert grade(high, POLICY).letter <= grade(low, POLICY).letter


def test_each_letter_begins_exactly_at_its_cut() -> None:
    given_at = [grade(p, POLICY).letter for p in (90.0, 89.99, 70.0, 69.99, 40.0, 39.99, 0.0)]
    assert given_at == ["A", "B", "B", "C", "C", "D", "D"]


def test_a_lead_without_a_percentile_waits_in_the_middle_and_says_so() -> None:
    for missing in (None, float("nan")):
        graded = grade(missing, POLICY)
        assert graded.letter == "C"
        assert "not scored" in graded.reason


def test_a_grade_carries_the_version_of_its_policy() -> None:
    assert grade(95.0, GradePolicy(version="grading-9")).policy_version == "grading-9"
