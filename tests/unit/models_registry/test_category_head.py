import numpy as np
import pandas as pd

from models_registry.categories import candidates
from tests.unit.models_registry.small_bundles import churn, customers, next_purchase


def test_each_customer_gets_at_most_k_of_their_own_categories_likeliest_first():
    frame = customers()
    for names, likely in zip(
        frame.category, next_purchase().next_categories(frame, 2), strict=True
    ):
        assert len(likely) == min(2, len(names))
        assert {one.category for one in likely} <= set(names)
        chances = [one.probability for one in likely]
        assert chances == sorted(chances, reverse=True)
        assert all(0 <= chance <= 1 for chance in chances)


def test_the_arrays_stand_beside_the_customers_own_features():
    head = next_purchase().meta.category
    pairs = candidates(head, customers(3))
    named = dict(zip(head.features, pairs.x.T, strict=True))
    assert pairs.rows.tolist() == [0, 1, 1, 2, 2, 2]
    assert pairs.names.tolist() == ["bread", "bread", "milk", "bread", "milk", "wine"]
    assert named["category_orders"].tolist() == [1, 1, 2, 1, 2, 3]
    assert named["recency_days"].tolist() == customers(3).recency_days.iloc[pairs.rows].tolist()


def test_a_customer_without_categories_gets_none():
    frame = customers(3)
    frame["category"] = [None, np.array([], dtype=object), np.array(["milk"])]
    frame["category_orders"] = [None, np.array([]), np.array([2.0])]
    assert [len(one) for one in next_purchase().next_categories(frame, 3)] == [0, 0, 1]


def test_one_customer_alone_gets_the_same_categories_as_in_a_batch():
    frame = customers()
    together = next_purchase().next_categories(frame, 3)
    for i, likely in enumerate(together):
        (alone,) = next_purchase().next_categories(frame.iloc[[i]], 3)
        assert [one.category for one in alone] == [one.category for one in likely]
        np.testing.assert_allclose(
            [one.probability for one in alone], [one.probability for one in likely], atol=1e-12
        )


def test_a_repeated_index_does_not_mix_customers_up():
    frame = customers(6)
    repeated = pd.concat([frame, frame])
    likely = next_purchase().next_categories(repeated, 3)
    assert likely[:6] == likely[6:]


def test_a_model_without_a_category_head_names_no_category():
    assert churn().next_categories(customers(2), 3) == [(), ()]
