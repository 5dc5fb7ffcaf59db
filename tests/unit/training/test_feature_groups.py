"""Near-duplicates are found in the rows."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from training.feature_groups import GroupPolicy, feature_groups, likeness

ROWS = 400


def rows() -> pd.DataFrame:
    draw = np.random.default_rng(3)
    orders = draw.exponential(5, ROWS)
    chain = draw.normal(size=ROWS)
    near = chain + 0.35 * draw.normal(size=ROWS)
    far = near + 0.35 * draw.normal(size=ROWS)
    frame = pd.DataFrame(
        {
            "orders_90d": orders,
            "apart": draw.normal(size=ROWS),
            "silence": -np.exp(orders),
            "orders_60d": orders + 0.1 * draw.normal(size=ROWS),
            "chain": chain,
            "near": near,
            "far": far,
            "constant": 1.0,
            "unknown": np.nan,
        }
    )
    frame["seldom"] = frame["orders_90d"].where(frame.index < 20)
    frame["mostly"] = frame["orders_90d"].where(frame.index >= 20)
    return frame


def test_near_duplicates_are_found_whatever_their_scale_and_sign() -> None:
    [group, *_] = feature_groups(rows(), list(rows()), GroupPolicy(least_correlation=0.95))
    assert group == ("orders_90d", "silence", "orders_60d", "mostly")


def test_every_pair_of_a_group_is_alike_and_not_only_each_with_its_neighbour() -> None:
    frame = rows()[["chain", "near", "far"]]
    alike = frame.corr("spearman").to_numpy()
    least = (alike[0, 2] + min(alike[0, 1], alike[1, 2])) / 2
    [group] = feature_groups(frame, list(frame), GroupPolicy(least_correlation=least))
    assert len(group) == 2


def test_what_is_constant_unknown_or_seldom_known_together_stands_alone() -> None:
    groups = feature_groups(rows(), list(rows()))
    grouped = {name for group in groups for name in group}
    assert grouped.isdisjoint({"constant", "unknown", "seldom", "apart"})


def test_likeness_is_spearmans_correlation() -> None:
    x = rows()[["orders_90d", "chain", "near"]].round(1).to_numpy()
    found = likeness(x, 0.5)
    np.testing.assert_allclose(found, np.abs(spearmanr(x).statistic), atol=1e-12)
    x[::7, 1] = np.nan
    both = ~np.isnan(x[:, 1])
    expected = abs(spearmanr(x[both][:, 1:]).statistic)
    assert likeness(x, 0.5)[1, 2] == pytest.approx(expected, abs=0.01)


def test_the_same_rows_give_the_same_groups_and_few_rows_are_enough() -> None:
    frame, policy = rows(), GroupPolicy(rows=200)
    assert feature_groups(frame, list(frame), policy) == feature_groups(frame, list(frame), policy)
    assert feature_groups(frame, list(frame), policy) == feature_groups(frame, list(frame))


def test_without_rows_or_without_two_features_there_are_no_groups() -> None:
    assert feature_groups(rows().iloc[:0], list(rows())) == ()
    assert feature_groups(rows(), ["chain"]) == ()
