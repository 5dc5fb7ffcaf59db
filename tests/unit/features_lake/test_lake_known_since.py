"""Since when a row is known, and tickets, whose rows are states."""

from datetime import UTC, datetime

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.lake.columns import IBIS_TYPES
from features.lake.tables import INGESTED, TABLES

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
KNOWN = [table.name for table in TABLES.values() if INGESTED in table.columns]


def lines(*own, ordered="2025-06-01"):
    return pd.DataFrame(
        {
            "order_id": [f"O{i}" for i in range(len(own))],
            "line_no": 1,
            "customer_id": "C1",
            "ordered_at": ordered,
            "quantity": 1,
            "net_amount": 2.0,
            "ingested_at": own,
        }
    )


def state(closed=None, satisfaction=None, nps=None, **more):
    row = {"ticket_id": "T1", "customer_id": "C1", "opened_at": "2025-06-01", "type": "broken"}
    told = {"closed_at": closed, "satisfaction": satisfaction, "nps": nps}
    return pd.DataFrame([row | told | more], dtype=object)


def append(lake, table, frame, name="one", **more):
    return lake.append(table, [frame], source=name, fingerprint=name, **more)


def known(lake, table="order_lines"):
    moments = lake.frame(table)[INGESTED]
    return [None if pd.isna(moment) else f"{moment:%Y-%m-%d %H:%M}" for moment in moments]


def test_every_table_of_events_says_since_when_its_rows_are_known():
    events = {"order_lines", "interactions", "campaign_contacts", "leads", "lead_outcomes"}
    assert set(KNOWN) == events | {"tickets"}
    assert not any(INGESTED in TABLES[name].required for name in KNOWN)


def test_a_backfill_leaves_it_empty_and_a_later_import_fills_it(lake):
    frame = lines(None).drop(columns=INGESTED)
    assert append(lake, "order_lines", frame).ingested_at is None
    assert known(lake) == [None]
    report = append(lake, "order_lines", frame.assign(line_no=2), "two", ingested_at=NOW)
    assert report.ingested_at == NOW
    assert known(lake) == [None, "2026-01-02 03:04"]


def test_a_moment_of_the_rows_own_wins(lake):
    append(lake, "order_lines", lines("2025-07-01 08:00", None), ingested_at=NOW)
    assert known(lake) == ["2025-07-01 08:00", "2026-01-02 03:04"]


def test_nothing_is_known_before_it_happened(lake):
    append(lake, "order_lines", lines("2025-05-31", "2025-06-01", "2025-06-02"))
    assert known(lake) == ["2025-06-01 00:00", "2025-06-01 00:00", "2025-06-02 00:00"]


def test_a_source_that_arrived_before_its_rows_happened_is_lifted_too(lake):
    append(lake, "order_lines", lines(None, ordered="2026-01-02 04:00"), ingested_at=NOW)
    assert known(lake) == ["2026-01-02 04:00"]


def test_a_moment_of_knowledge_that_cannot_be_is_quarantined(lake):
    report = append(lake, "order_lines", lines("1970-01-01", "2999-01-01", "soon"))
    assert (report.read, report.quarantined) == (3, 3)
    assert set(pd.read_csv(report.quarantine_file)["column"]) == {INGESTED}


def test_a_part_written_before_the_column_was_there_still_reads(lake):
    append(lake, "order_lines", lines(None))
    part = lake.parts("order_lines")[0]
    pq.write_table(pq.read_table(part).drop_columns([INGESTED, "coupon_amount"]), part)
    assert lake.table("order_lines").schema().names == tuple(TABLES["order_lines"].kinds)
    assert str(lake.table("order_lines").schema()[INGESTED]) == "timestamp(6)"
    assert known(lake) == [None]
    append(lake, "order_lines", lines(None).assign(line_no=2), "two", ingested_at=NOW)
    assert known(lake) == [None, "2026-01-02 03:04"]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_types_of_columns_no_part_has_are_those_that_parts_have(lake, table):
    values = {"line_no": 1, "quantity": 1, "net_amount": 1, "outcome": "lost"}
    row = {
        name: values.get(name, "2025-06-01" if name.endswith("_at") else "x")
        for name in table.required
    }
    append(lake, table.name, pd.DataFrame([row]))
    schema = lake.table(table.name).schema()
    assert {n: str(schema[n]) for n in schema} == {
        name: IBIS_TYPES[kind] for name, kind in table.kinds.items()
    }


def test_a_case_is_told_again_when_it_is_closed_and_rated_and_a_repeated_state_is_not(lake):
    told = [state(), state("2025-06-03"), state("2025-06-03", 4), state("2025-06-03", 4, 9)]
    for number, frame in enumerate(told):
        assert append(lake, "tickets", frame, f"told {number}").accepted == 1
    for number, frame in enumerate(told):
        again = append(lake, "tickets", frame, f"again {number}", ingested_at=NOW)
        assert (again.accepted, again.duplicates, again.conflicts) == (0, 1, 0)
    assert len(lake.frame("tickets")) == 4


def test_a_closed_case_is_not_known_closed_before_it_was(lake):
    append(lake, "tickets", state())
    append(lake, "tickets", state("2025-06-03"), "closed")
    append(lake, "tickets", state("2025-06-03", 4, ingested_at="2025-06-02"), "rated early")
    append(lake, "tickets", state("2025-06-03", 5, ingested_at="2025-06-09"), "rated")
    assert known(lake, "tickets") == [None, *["2025-06-03 00:00"] * 2, "2025-06-09 00:00"]


@pytest.mark.parametrize(
    ("frame", "column", "reason"),
    [
        (state(satisfaction=0), "satisfaction", "is not from 1 to 5"),
        (state(satisfaction=6), "satisfaction", "is not from 1 to 5"),
        (state(nps=11), "nps", "is not from 0 to 10"),
        (state(nps=-1), "nps", "is not from 0 to 10"),
        (state("2025-05-31"), "closed_at", "is before opened_at"),
        (state(ticket_id=" "), "ticket_id", "is missing"),
    ],
)
def test_an_untrue_ticket_is_told_with_column_and_reason(lake, frame, column, reason):
    report = append(lake, "tickets", frame)
    bad = pd.read_csv(report.quarantine_file)
    assert bad[["column", "reason"]].values.tolist() == [[column, reason]]
