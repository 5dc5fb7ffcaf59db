"""Features as they were known: the point-in-time join."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from features.errors import FeaturesMissingError, InputError
from features.feature_sets import CATEGORIES
from features.store import Store
from features.transforms.categories import ARRAYS
from features.transforms.customer import customer_features
from tests.integration.features_store.conftest import CUTOFFS, NEWEST
from training.dataset import Context

SERVICE = "churn_28d_v1"


def _everyone(store: Store) -> pd.DataFrame:
    """Return every customer at every cutoff, shuffled, on a strange index."""
    rows = pd.concat(
        [pd.DataFrame({"customer_id": store.customers(c), "as_of": c}) for c in CUTOFFS]
    ).sample(frac=1.0, random_state=3)
    return rows.assign(label=np.arange(len(rows))).set_index(
        pd.Index([f"row {n}" for n in range(len(rows))], name="odd")
    )


def test_rows_index_and_other_columns_stay_as_they_were(store: Store) -> None:
    asked = _everyone(store)
    found = store.history(SERVICE, asked)
    pd.testing.assert_frame_equal(found[list(asked.columns)], asked)
    assert list(found.columns) == [*asked.columns, *store.feature_names(SERVICE)]
    assert set(map(str, found[store.feature_names(SERVICE)].dtypes)) == {"float64"}


def test_each_row_equals_what_its_cutoff_gives_alone(store: Store) -> None:
    found = store.history(SERVICE, _everyone(store))
    names = store.feature_names(SERVICE)
    for cutoff in CUTOFFS:
        alone = store._lake.con.execute(customer_features(store._lake, [cutoff]))
        expected = alone.set_index("customer_id")[names].sort_index()
        mine = found[found["as_of"] == cutoff].set_index("customer_id")[names].sort_index()
        pd.testing.assert_frame_equal(mine, expected, rtol=1e-9, atol=1e-9)


def test_a_moment_between_cutoffs_gets_the_newest_before_it(store: Store) -> None:
    [customer, *_] = store.customers(CUTOFFS[1])
    asked = pd.DataFrame({"customer_id": [customer] * 2, "as_of": [CUTOFFS[1], NEWEST]})
    asked.loc[1, "as_of"] = NEWEST - timedelta(microseconds=1)
    found = store.history(SERVICE, asked)
    names = store.feature_names(SERVICE)
    pd.testing.assert_series_equal(found.loc[0, names], found.loc[1, names], check_names=False)


def test_a_row_asked_for_twice_is_given_twice(store: Store) -> None:
    [customer, *_] = store.customers(NEWEST)
    asked = pd.DataFrame({"customer_id": [customer] * 3, "as_of": [NEWEST] * 3}, index=[5, 5, 1])
    found = store.history(SERVICE, asked)
    assert list(found.index) == [5, 5, 1]
    assert found["tenure_days"].nunique() == 1


def test_strangers_and_leads_of_nobody_get_missing_features(store: Store) -> None:
    [customer, *_] = store.customers(NEWEST)
    asked = pd.DataFrame({"customer_id": ["nobody", None, customer], "as_of": [NEWEST] * 3})
    found = store.history("lead_score_v1", asked)[store.feature_names("lead_score_v1")]
    assert found.iloc[:2].isna().all(axis=None)
    assert found.iloc[2].notna().any()


def test_only_strangers_are_answered_too(store: Store) -> None:
    asked = pd.DataFrame({"customer_id": [None, None], "as_of": [NEWEST] * 2})
    assert store.history(SERVICE, asked)[store.feature_names(SERVICE)].isna().all(axis=None)


def test_before_the_first_order_nobody_is_known(store: Store) -> None:
    [customer, *_] = store.customers(NEWEST)
    early = store._lake.first_moment() - timedelta(days=40)
    found = store.history(SERVICE, pd.DataFrame({"customer_id": [customer], "as_of": [early]}))
    assert found["recency_days"].isna().all()


def test_a_moment_nothing_was_built_for_says_what_to_do(store: Store) -> None:
    [customer, *_] = store.customers(NEWEST)
    early = CUTOFFS[-1] - timedelta(days=1)
    asked = pd.DataFrame({"customer_id": [customer], "as_of": [early]})
    with pytest.raises(FeaturesMissingError, match="shuke features build"):
        store.history(SERVICE, asked)


def test_an_unknown_service_names_the_known_ones(store: Store) -> None:
    with pytest.raises(InputError, match="churn_28d_v1"):
        store.feature_names("churn_1d_v1")


def test_next_purchase_brings_the_candidate_categories_as_arrays(store: Store) -> None:
    ids = store.customers(NEWEST)
    found = store.history("next_purchase_v1", pd.DataFrame({"customer_id": ids, "as_of": NEWEST}))
    row = found.iloc[0]
    assert {len(row[name]) for name in ARRAYS} == {len(row["category_names"])}
    assert len(row["category_names"]) > 0


def test_a_set_read_alone_is_as_it_is_among_all_of_a_service(store: Store) -> None:
    ids = store.customers(NEWEST)
    asked = pd.DataFrame({"customer_id": ids, "as_of": NEWEST})
    whole = store.history("next_purchase_v1", asked)
    lists = store.history("next_purchase_v1", asked, [CATEGORIES])
    pd.testing.assert_frame_equal(lists, whole[[*asked.columns, *ARRAYS]])


def test_models_of_one_run_get_what_each_would_get_alone(store: Store) -> None:
    asked = pd.DataFrame({"customer_id": store.customers(NEWEST), "as_of": NEWEST})
    ctx = Context(store._lake, store, NEWEST)  # as one run of training has
    for service in ("churn_28d_v1", "next_purchase_v1", "clv_90d_v1"):
        pd.testing.assert_frame_equal(ctx.history(service, asked), store.history(service, asked))
