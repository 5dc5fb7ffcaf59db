"""The rule that turns distances into a verdict: pure, no Evidently."""

from hypothesis import given
from hypothesis import strategies as st

from monitoring.verdict import ColumnDrift, DriftPolicy, Verdict, decide, too_few

POLICY = DriftPolicy()
distances = st.lists(st.floats(0.0, 5.0), min_size=1, max_size=40)


def column(name: str, statistic: float, threshold: float = 0.1) -> ColumnDrift:
    return ColumnDrift(name, "wasserstein", statistic, threshold, 1.0, 2.0, 0.0, 0.0)


def decided(statistics: list[float], score: float | None = None):
    return decide(
        [column(f"c{i}", statistic) for i, statistic in enumerate(statistics)],
        None if score is None else column("value", score),
        reference_rows=1_000,
        current_rows=900,
        policy=POLICY,
    )


@given(distances)
def test_the_furthest_column_comes_first(statistics):
    summary = decided(statistics)
    assert [c.statistic for c in summary.columns] == sorted(statistics, reverse=True)
    assert summary.top(5) == summary.columns[:5]


@given(distances, st.data())
def test_a_column_that_moves_further_never_calms_the_verdict(statistics, data):
    order = [Verdict.OK, Verdict.WARN, Verdict.DRIFT]
    moved = list(statistics)
    moved[data.draw(st.integers(0, len(moved) - 1))] += 1.0
    before, after = decided(statistics), decided(moved)
    assert order.index(after.verdict) >= order.index(before.verdict)


@given(distances, st.floats(0.0, 5.0))
def test_only_drift_ends_in_an_alarm(statistics, score):
    summary = decided(statistics, score)
    assert summary.exit_code == (1 if summary.verdict is Verdict.DRIFT else 0)
    assert (summary.verdict is Verdict.DRIFT) == (summary.share_drifted >= POLICY.drift_share)


def test_columns_are_ranked_by_thresholds_and_not_by_raw_distances():
    loose, tight = column("loose", 0.4, threshold=0.4), column("tight", 0.3, threshold=0.1)
    summary = decide([loose, tight], None, reference_rows=500, current_rows=500, policy=POLICY)
    assert [c.column for c in summary.columns] == ["tight", "loose"]


def test_the_reason_names_five_columns_at_most():
    summary = decided([1.0 + i for i in range(8)])
    assert summary.reason.count("x its threshold") == 5


def test_a_distance_on_the_threshold_has_drifted():
    assert column("c", 0.1).drifted
    assert not column("c", 0.0999).drifted


def test_the_allowance_for_chance_shrinks_as_rows_grow():
    few, many = POLICY.at_size(200, 200), POLICY.at_size(20_000, 20_000)
    assert few.number_threshold == POLICY.number_threshold + 0.1
    assert POLICY.number_threshold < many.number_threshold < 0.12
    assert few.missing_threshold == POLICY.missing_threshold


def test_either_side_can_be_too_small():
    enough = POLICY.min_rows
    assert too_few(enough, enough, POLICY) is None
    for sizes in ((enough - 1, enough), (enough, enough - 1), (0, 0)):
        summary = too_few(*sizes, POLICY)
        assert summary is not None and summary.verdict is Verdict.TOO_FEW_ROWS
        assert summary.exit_code == 0
