import pandas as pd

from tests.synthetic import ShopConfig, fill, simulate


def test_a_simulated_shop_keeps_every_contract(lake):
    shop = simulate()
    for report in fill(lake, shop):
        assert report.accepted == report.read == len(shop.tables[report.table]) > 0


def test_the_same_seed_gives_the_same_shop_and_another_seed_another():
    small = ShopConfig(customers=20)
    one, same, other = simulate(small), simulate(small), simulate(ShopConfig(customers=20, seed=8))
    for name, frame in one.tables.items():
        pd.testing.assert_frame_equal(frame, same.tables[name])
    assert not one.customers["rate"].equals(other.customers["rate"])


def test_nobody_buys_after_leaving_and_all_buy_before():
    shop = simulate()
    orders = shop.tables["order_lines"].merge(shop.customers, on="customer_id")
    late = orders["ordered_at"] > orders["died_at"].dt.ceil("s")
    assert not late.any()
    assert orders["customer_id"].nunique() == len(shop.customers)


def test_customers_buy_at_their_own_rate():
    shop = simulate(ShopConfig(dropout=(1.0, 1e9)))
    visits = shop.tables["order_lines"].groupby("customer_id")["order_id"].nunique()
    expected = shop.customers.set_index("customer_id")["rate"] * 319  # mean days after joining
    assert (visits.sum() / expected.sum()).round(1) == 1.0
    assert visits.corr(expected) > 0.9


def test_leads_convert_as_often_as_their_chances_say():
    shop = simulate(ShopConfig(customers=1_000))
    decided = shop.tables["lead_outcomes"].merge(shop.leads, on="lead_id")
    expected = decided["probability"].mean()
    assert abs((decided["outcome"] == "converted").mean() - expected) < 0.05
