from functools import partial

import lightgbm as lgb
import numpy as np
import pytest

from tests.benchmarks.accuracy_cost import CHURN, CLV, Judged, Point, lines
from tests.benchmarks.accuracy_cost_plot import curves
from training.boosting import margins
from training.cards.plots import svg
from training.metrics import probability_metrics


def judged(rounds: int = 20) -> Judged:
    random = np.random.default_rng(6)
    x = random.normal(size=(600, 3))
    truth = (random.uniform(size=600) < 1 / (1 + np.exp(-2 * x[:, 0]))).astype(float)
    config = {"objective": "binary", "num_leaves": 4, "num_threads": 1, "verbosity": -1}
    return Judged(lgb.train(config, lgb.Dataset(x, truth), rounds), x, truth, binary=True)


def test_a_point_is_that_of_its_first_trees() -> None:
    case = judged()
    point = case.point(trees=5, leaves=4)
    short = judged(rounds=5)
    expected = probability_metrics(short.truth, 1 / (1 + np.exp(-margins(short.booster, short.x))))
    assert point.accuracy == pytest.approx(expected)
    assert point.score_us > 0 < point.explain_us


def test_the_configured_size_stands_out_in_a_table_of_equal_columns() -> None:
    points = [
        Point(trees, 6, {"auc": 0.8, "log_loss": 0.3, "mae": 1.0, "spearman": 0.5}, 10.0, 90.0)
        for trees in (50, 100)
    ]
    for model in (CHURN, CLV):
        told = list(lines(model, points, (100, 6)))
        assert [line.startswith("| **100 x 6**") for line in told] == [False, False, False, True]
        assert {line.count("|") for line in told} == {6}


def test_each_number_of_leaves_is_a_line_with_a_point_for_each_number_of_trees() -> None:
    sizes = [(t, leaves, 10.0 * t * leaves, 0.8) for t in (50, 100, 200) for leaves in (6, 12)]
    drawn = svg("sizes", partial(curves, {("churn", "AUC"): sizes, ("clv", "MAE"): sizes}))
    assert drawn.count(">6 leaves<") == drawn.count(">12 leaves<") == 2
    assert drawn.count(">200<") >= 4
