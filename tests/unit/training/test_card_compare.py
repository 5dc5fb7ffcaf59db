from datetime import timedelta

import pytest

from tests.unit.training.small_card import AT, card, metric, part
from training.cards.card import Estimate, Measured, Use
from training.cards.compare import compare


@pytest.mark.parametrize(
    ("one", "first", "second", "said"),
    [
        (metric("auc"), 0.70, 0.80, "better"),
        (metric("auc"), 0.80, 0.70, "worse"),
        (metric("auc"), 0.80, 0.81, "better, within the intervals"),
        (metric("auc"), 0.80, 0.80, "the same"),
        (metric("mae", better="lower"), 0.70, 0.80, "worse"),
        (metric("total_ratio", better="near", target=1.0), 1.20, 0.90, "better"),
        (metric("total_ratio", better="near", target=1.0), 0.90, 1.20, "worse"),
        (metric("width", better="near"), 0.50, 0.80, ""),
    ],
)
def test_a_difference_is_told_by_the_metrics_own_sense(
    one: Measured, first: float, second: float, said: str
) -> None:
    a, b = (
        card(metrics=(metric(one.metric, x, better=one.better, target=one.target),))
        for x in (first, second)
    )
    (found,) = compare(a, b).metrics
    assert found.said == said
    assert found.difference == pytest.approx(second - first)


def test_the_same_rows_may_be_compared() -> None:
    found = compare(card(), card())
    assert found.same_rows
    assert found.why == "Both were measured on the same 1,000 test rows."
    assert found.config == found.only_first == found.only_second == ()


def test_other_rows_are_said_plainly_with_what_differs() -> None:
    later = card(
        rows_digest="other",
        rows=900,
        parts=(part("train"), part(first=AT + timedelta(days=28), last=AT + timedelta(days=28))),
        reproduce={"lake_fingerprint": "def"},
        population=(),
    )
    found = compare(card(), later)
    assert not found.same_rows
    assert "NOT measured on the same test rows" in found.why
    for said in ("abc and def", "2018-01-29", "populations differ", "1,000 and 900 rows"):
        assert said in found.why


def test_settings_and_features_that_differ_are_listed_once() -> None:
    other = card(
        config={"boosting.rounds": 50, "rules": ["recency_days"], "folds": 3},
        features=(*card().features[:2], Use("gap_ratio", "gap", "间隔", 0.1, 0.1)),
    )
    found = compare(card(), other)
    assert found.config == (("boosting.rounds", 150, 50), ("folds", None, 3))
    assert (found.only_first, found.only_second) == (("orders_90d",), ("gap_ratio",))


def test_a_metric_of_one_of_them_alone_has_no_difference() -> None:
    found = compare(card(metrics=(metric("auc"),)), card(metrics=(metric("brier"),)))
    assert [(one.metric, one.difference) for one in found.metrics] == [
        ("auc", None),
        ("brier", None),
    ]
    assert found.metrics[0].second == Estimate(None)
    assert all(one.said == "not measured in both" for one in found.metrics)
