"""Two scores compared: what a difference is put on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from models_registry.bundle import Bundle
from models_registry.rungs import Shortage
from models_registry.score_rows import framed
from service.score_changes import (
    Cause,
    Pair,
    PastScore,
    by_another_version,
    by_one_version,
)
from service.score_history import given
from tests.unit.models_registry.small_bundles import churn, customers

NIGHT = datetime(2018, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def scored(value: float | None, **more: object) -> PastScore:
    plain = PastScore(
        as_of=NIGHT,
        scored_at=NIGHT,
        path="batch",
        times=1,
        value=value,
        band="low",
        percentile=None,
        status="ok",
        model_version="1",
    )
    return replace(plain, **more)


def pair(before: dict, after: dict) -> Pair:
    """Return what the small churn model says of two rows."""
    said = churn().answers(pd.DataFrame([before, after]))
    bands = churn().band(said.value)
    scores = [
        scored(float(value), band=band, as_of=NIGHT + n * DAY)
        for n, (value, band) in enumerate(zip(said.value, bands, strict=True))
    ]
    return Pair(*scores, before, after)


def row(**more: object) -> dict:
    plain = customers().iloc[0][list(churn().inputs)].to_dict()
    return {**plain, "recency_days": 12.0, "ipt_median": 9.0, "active_days": 9.0, **more}


def test_one_version_puts_the_difference_on_what_moved() -> None:
    both = pair(row(), row(recency_days=90.0))
    [change] = by_one_version(churn(), [both], 3)
    assert change.cause is Cause.FEATURES
    assert change.difference == both.after.value - both.before.value
    assert change.band_changed == (both.before.band != both.after.band)
    assert change.band_changed
    assert (change.since, change.model_version_before) == (NIGHT, "1")
    assert change.moves[0].feature == "recency_days"
    assert change.text == "; ".join(move.text for move in change.moves)


def test_nothing_moved_is_said() -> None:
    [change] = by_one_version(churn(), [pair(row(), row())], 3)
    assert (change.difference, change.moves, change.rest) == (0.0, (), 0.0)
    assert (change.text, change.unexplained) == ("nothing moved that the model reads", 0.0)


def test_another_version_takes_the_difference_off_the_customer() -> None:
    before, after = scored(0.2), scored(0.4, model_version="2", band="high")
    change = by_another_version("churn_28d", before, after, "en")
    assert (change.cause, change.unexplained, change.moves) == (Cause.MODEL, 1.0, ())
    assert change.difference == pytest.approx(0.2)
    assert change.text == (
        "version 2 of churn_28d scored it and version 1 the one before: the difference cannot be"
        " put on the customer alone"
    )
    assert "第 2 版" in by_another_version("churn_28d", before, after, "zh-CN").text


def test_the_rule_reads_one_feature_and_that_explains_all_of_it() -> None:
    both = pair(row(active_days=1.0, recency_days=9.0), row(active_days=1.0, recency_days=45.0))
    [change] = by_one_version(churn(), [both], 3)
    [move] = change.moves
    assert (change.cause, change.unexplained, change.rest) == (Cause.RULE, 0.0, 0.0)
    assert (move.feature, move.before, move.after) == ("recency_days", 9.0, 45.0)
    assert move.contribution == change.difference
    assert change.margin_before is None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [(1.0, 9.0, "the model judges now"), (9.0, 1.0, "a simple rule answers now")],
)
def test_who_comes_into_what_the_model_judges_or_leaves_it_is_told(
    before: float, after: float, said: str
) -> None:
    both = pair(row(active_days=before), row(active_days=after))
    [change] = by_one_version(churn(), [both], 3)
    assert (change.cause, change.unexplained) == (Cause.POPULATION, 1.0)
    assert change.text.startswith(said)
    assert "1 purchase day so far (the model needs at least 3)" in change.text


def test_what_the_log_does_not_hold_is_not_made_up() -> None:
    both = pair(row(), row(recency_days=90.0))
    lost = replace(both, inputs_before={})
    other = replace(both, before=replace(both.before, value=0.999))
    changes = by_one_version(churn(), [lost, both, other], 3)
    assert [change.cause for change in changes] == [Cause.UNKNOWN, Cause.FEATURES, Cause.UNKNOWN]
    assert changes[0].unexplained == 1.0
    assert changes[0].difference is not None


def logged(value: float | None, at: int, as_of: int | None = 0, **more: object) -> dict:
    night = None if as_of is None else NIGHT + as_of * DAY
    plain = dict.fromkeys(framed([]).columns)
    said = {"as_of": night, "scored_at": NIGHT + at * DAY, "value": value, "status": "ok"}
    return plain | {"model_version": "1", "path": "online", "inputs": "{}"} | said | more


def test_an_answer_repeated_is_counted_and_nobody_is_no_entry() -> None:
    rows = pd.DataFrame(
        [
            logged(0.2, 0, path="batch", inputs=None),
            logged(0.2, 1),
            logged(0.2, 2, status="stale"),
            logged(0.3, 3),
            logged(0.1, 1, -1),
            logged(None, 9, None, status="unknown_customer"),
        ]
    )
    for column in ("as_of", "scored_at"):
        rows[column] = pd.to_datetime(rows[column], utc=True)
    found = given(rows)
    assert [(one.value, one.times, one.status, one.path) for one in found] == [
        (0.3, 1, "ok", "online"),
        (0.2, 1, "stale", "online"),
        (0.2, 2, "ok", "batch"),
        (0.1, 1, "ok", "online"),
    ]
    assert list(found.values()) == ["{}", "{}", None, "{}"]


def test_where_a_shop_has_no_model_yet_the_rule_is_told_of() -> None:
    lacks = Shortage("days", 40, 365)
    rule = Bundle(replace(churn().meta, rung="rule", shortage=lacks, population=()), {})
    rows = [row(recency_days=9.0), row(recency_days=45.0)]
    values = rule.answers(pd.DataFrame(rows)).value.tolist()
    both = Pair(*(scored(value, status="cold_start") for value in values), *rows)
    [change] = by_one_version(rule, [both], 3)
    assert (change.cause, change.moves[0].feature) == (Cause.RULE, "recency_days")
    assert change.difference == pytest.approx(values[1] - values[0])
