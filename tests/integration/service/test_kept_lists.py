"""Lists of the newest night come out of memory, and are what its files and the lake say now."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from features.lake.lake import Lake
from models_registry import score_erasure
from service.bootstrap import App, build
from service.customer_list import CustomerList, Customers
from service.customer_row import CUSTOMER_COLUMNS, CustomerRow
from service.kept_night import KeptNight
from service.predicates.paging import Place, sort_of
from service.predicates.parsing import parse
from service.settings import Settings
from tests.integration.service.conftest import copied
from tests.integration.service.large_lists import AS_OF, log_night
from tests.synthetic import ShopConfig, fill, simulate

CUSTOMERS = 300
WHO = "N0000107"


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home after a night; a third of the customers have a store."""
    home = tmp_path_factory.mktemp("first-night")
    fill(Lake(home / "lake", threads=1), simulate(ShopConfig(customers=20)))
    record(home, {f"N{number:07d}": str(number % 3) for number in range(100, 200)})
    opened = build(Settings(home=home))
    log_night(opened.score_log, CUSTOMERS)
    opened.records.close()
    return home


@pytest.fixture
def app(first_night: Path, tmp_path: Path) -> Iterator[App]:
    opened = build(Settings(home=copied(first_night, tmp_path / "home")))
    yield opened
    opened.records.close()


def record(home: Path, stores: dict[str, str]) -> None:
    """Import customers with their stores."""
    frame = pd.DataFrame({"customer_id": list(stores), "home_store_id": list(stores.values())})
    lake = Lake(home / "lake", threads=1)
    report = lake.append("customers", [frame], source="test", fingerprint="+".join(stores))
    assert report.accepted == len(stores)


def listed(app: App, days: int | None = None) -> dict[str, CustomerRow]:
    """Return the rows of the newest night, or of one some days after the first, by id."""
    night = app.customers.board.night(None if days is None else AS_OF + timedelta(days=days))
    order = sort_of("customer_id", CUSTOMER_COLUMNS)
    rows = app.customers.page(Customers(night), sort=order, limit=2 * CUSTOMERS)
    return {row.customer_id: row for row in rows}


@pytest.mark.parametrize(
    ("sort", "after"),
    [
        ("customer_id", None),
        ("customer_id", (WHO, WHO)),
        ("-value_90d", (150.0, WHO)),
        ("store_id", ("1", WHO)),
        ("-store_id", (None, WHO)),
        ("-churn_60d_band", ("low", WHO)),
    ],
)
def test_a_page_out_of_memory_is_the_one_out_of_the_files(
    app: App, sort: str, after: Place | None
) -> None:
    board, order = app.customers.board, sort_of(sort, CUSTOMER_COLUMNS)
    joining = CustomerList(replace(board, kept=KeptNight(most=0)))
    for text in (
        "customer_id is not null",
        "churn_60d > 0.6 and value_90d > 100",
        "store_id in ('1', '2') or churn_28d_band like 'h%'",
        "store_id is null and not (churn_60d_band = 'low')",
        "next_purchase_low_days is null and customer_id >= 'N0000050'",
        "coalesce(recency_days, expected_loss) < 40.5",
    ):
        for seen in (None, [WHO, "N0000120", "N0000290", "nobody"]):
            asked = Customers(board.night(), parse(text, CUSTOMER_COLUMNS), seen=seen)
            found = app.customers.page(asked, sort=order, limit=40, after=after)
            assert found == joining.page(asked, sort=order, limit=40, after=after), text
            assert app.customers.count(asked) == joining.count(asked)


def test_each_night_is_read_as_itself(app: App) -> None:
    assert len(listed(app)) == CUSTOMERS
    log_night(app.score_log, CUSTOMERS + 5, AS_OF + timedelta(days=1))
    assert [len(listed(app, days)) for days in (None, 0, 1, None)] == [305, 300, 305, 305]


def test_who_is_erased_is_on_no_page_that_follows(app: App) -> None:
    assert WHO in listed(app)
    assert score_erasure.erase(app.score_log.root, {"customer_id": [WHO]}) > 0
    assert len(listed(app)) == CUSTOMERS - 1
    assert WHO not in listed(app)


def test_a_store_recorded_since_is_shown(app: App) -> None:
    without = "N0000003"
    assert listed(app)[without].store_id is None
    record(app.settings.home, {without: "9"})
    assert listed(app)[without].store_id == "9"
    assert len(listed(app)) == CUSTOMERS
