"""A large list leaves while it is read, and takes no more memory the longer it is."""

import gc
import os
import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from features.lake.lake import Lake
from service import csv
from service.at_risk import Filters
from service.bootstrap import App, build
from service.customer_list import Customers
from service.customer_row import CUSTOMER_COLUMNS
from service.predicates.paging import sort_of
from service.repository.records import Records
from service.repository.rows import LEAD_COLUMNS
from service.settings import Settings
from tests.integration.service.large_lists import add_leads, log_night
from tests.records_urls import postgres_url, records, sqlite_url, url
from tests.synthetic import ShopConfig, fill, simulate

CUSTOMERS = 200_000
LEADS = 20_000
MORE = 60e6

__all__ = ["postgres_url", "records", "sqlite_url", "url"]

Parts = Iterable[Iterable[Sequence[object]]]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    home = tmp_path_factory.mktemp("large")
    fill(Lake(home / "lake", threads=1), simulate(ShopConfig(customers=20)))
    opened = build(Settings(home=home))
    log_night(opened.score_log, CUSTOMERS)
    yield opened
    opened.records.close()


def held() -> int:
    """Return the bytes of memory this process has in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def most_more(parts: Parts, header: Sequence[str]) -> tuple[int, int]:
    """Return the lines of a list as CSV, and the memory it took beyond its first rows."""
    texts = csv.stream(header, parts)
    lines = next(texts).count("\r\n") + next(texts).count("\r\n")
    gc.collect()
    first = most = held()
    for text in texts:
        lines += text.count("\r\n")
        most = max(most, held())
    return lines - 1, most - first


def test_all_customers_take_little_more_memory_than_the_first(app: App) -> None:
    asked = Customers(app.customers.board.night())
    whole = app.customers.whole(asked, sort=sort_of("-value_90d", CUSTOMER_COLUMNS))
    lines, more = most_more(whole, list(CUSTOMER_COLUMNS))
    assert lines == CUSTOMERS
    assert more < MORE


def test_the_whole_at_risk_list_takes_little_more_memory_than_its_first_rows(app: App) -> None:
    listed = app.at_risk
    batch = listed.batch("churn_60d", None)
    whole = listed.whole("churn_60d", batch, Filters(), sort="-expected_loss")
    cells = ([[row.customer_id, row.risk, row.reason] for row in rows] for rows in whole)
    lines, more = most_more(cells, ["customer_id", "risk", "reason"])
    assert lines == CUSTOMERS
    assert more < MORE


def test_a_large_list_is_never_in_python_as_a_whole(app: App) -> None:
    asked = Customers(app.customers.board.night())
    tracemalloc.start()
    try:
        whole = app.customers.whole(asked, sort=sort_of("customer_id", CUSTOMER_COLUMNS))
        sizes = [len(part) for part in whole]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(sizes) == CUSTOMERS
    assert max(sizes) < CUSTOMERS / 10
    # A number and its place in a tuple take 32 bytes, and there are 18 to a row, beside texts.
    assert most < CUSTOMERS * 18 * 32 / 3


def test_all_leads_leave_a_part_at_a_time(records: Records) -> None:
    add_leads(records, LEADS)
    with records.transaction(read_only=True) as work:
        parts = work.leads.whole(sort=sort_of("value", LEAD_COLUMNS))
        first = next(parts)
        assert len(first) < LEADS / 10
        lines, more = most_more(parts, list(LEAD_COLUMNS))
    assert lines == LEADS - len(first)
    assert more < MORE
