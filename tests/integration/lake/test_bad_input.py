"""Every kind of bad input, by the command line and as a frame: refused or quarantined, and told."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.clock import now
from features.errors import ContractError
from features.lake.lake import Lake
from tests.integration.shuke.conftest import Said, Shuke

HEADER = ["order_id", "line_no", "customer_id", "ordered_at", "quantity", "net_amount"]
GOOD = ["O1", "1", "C1", "2025-06-01 10:00:00", "2", "10.0"]


def row(**changes: object) -> list[object]:
    return [changes.get(name, value) for name, value in zip(HEADER, GOOD, strict=True)]


class Shop:
    """A shop that imports files by the command line."""

    def __init__(self, shuke: Shuke, home: Path, folder: Path) -> None:
        self.shuke, self.lake, self.folder = shuke, Lake(home / "lake", threads=1), folder
        self.files = 0

    def bring(self, content: str | bytes, *options: str, table: str = "order_lines") -> Said:
        self.files += 1
        file = self.folder / f"file{self.files}.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self.shuke("import", "csv", table, str(file), *options)

    def rows(self, *rows: list[object], options: tuple[str, ...] = ()) -> dict:
        lines = [HEADER, *rows]
        said = self.bring("".join(",".join(map(str, line)) + "\n" for line in lines), *options)
        assert said.code == 0
        return self.last()

    def last(self) -> dict:
        entry = json.loads((self.lake.root / "imports.jsonl").read_text().splitlines()[-1])
        assert entry["read"] == entry["accepted"] + entry["quarantined"] + entry["duplicates"]
        return entry

    def quarantined(self) -> list[list]:
        file = self.lake.root / self.last()["quarantine_file"]
        return pd.read_csv(file, keep_default_na=False).values.tolist()


@pytest.fixture
def shop(shuke: Shuke, home: Path, tmp_path: Path) -> Shop:
    return Shop(shuke, home, tmp_path)


def frame_totals(lake: Lake, *rows: list[object]) -> tuple[int, ...]:
    frame = pd.DataFrame(list(rows), columns=HEADER, dtype=object)
    report = lake.append("order_lines", [frame], source="frame", fingerprint="frame")
    assert report.read == report.accepted + report.quarantined + report.duplicates
    return report.read, report.accepted, report.quarantined, report.duplicates


def test_ids_that_come_twice_are_counted_once_and_a_contradiction_is_told(shop: Shop) -> None:
    entry = shop.rows(row(), row(), row(net_amount=9))
    assert (entry["accepted"], entry["duplicates"], entry["conflicts"]) == (1, 2, 1)
    conflicts = pd.read_csv(shop.lake.root / entry["conflict_file"])
    assert conflicts[["row", "column", "stands", "came"]].values.tolist() == [
        [4, "net_amount", 10.0, 9.0]
    ]
    said = shop.bring(",".join(HEADER) + "\n" + ",".join(map(str, row(quantity=3))) + "\n")
    assert "conflicts" in said.out
    assert "take" in said.out


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("net_amount", "-1", "is a negative price"),
        ("net_amount", "nan", "is not a number"),
        ("net_amount", "inf", "is not finite"),
        ("net_amount", "-inf", "is not finite"),
        ("net_amount", "", "is missing"),
        ("quantity", "NaN", "is not a number"),
        ("quantity", "Infinity", "is not finite"),
        ("line_no", "inf", "is not a whole number"),
        ("line_no", "1.5", "is not a whole number"),
        ("ordered_at", "1970-01-01", "is before 1990-01-01"),
        ("ordered_at", "0001-01-01", "is before 1990-01-01"),
        ("ordered_at", f"{now() + timedelta(days=3):%Y-%m-%d}", "lies in the future"),
        ("ordered_at", "2999-12-31", "lies in the future"),
        ("ordered_at", "9999-12-31", "lies in the future"),
        ("ordered_at", "03/04/2025", "is not a date or time that can be read without guessing"),
        ("customer_id", "  ", "is missing"),
    ],
)
def test_an_untrue_value_is_quarantined_with_row_column_reason_and_value(
    shop: Shop, tmp_path: Path, column: str, value: str, reason: str
) -> None:
    entry = shop.rows(row(), row(order_id="O2", **{column: value}))
    assert (entry["read"], entry["accepted"], entry["quarantined"]) == (2, 1, 1)
    number, where, why, what = shop.quarantined()[0]
    assert (number, where) == (3, column)
    assert reason in why
    assert value.strip()[:4].lower() in str(what).lower() or "n" in value.lower()
    frame = Lake(tmp_path / "frame", threads=1)
    assert frame_totals(frame, row(), row(order_id="O2", **{column: value})) == (2, 1, 1, 0)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("net_amount", -1.0),
        ("net_amount", np.nan),
        ("net_amount", np.inf),
        ("quantity", np.nan),
        ("quantity", -np.inf),
        ("ordered_at", datetime(1970, 1, 1, tzinfo=UTC)),
        ("ordered_at", pd.NaT),
        ("line_no", np.nan),
    ],
)
def test_an_untrue_value_of_a_frame_is_quarantined(lake: Lake, column: str, value: object) -> None:
    assert frame_totals(lake, row(), row(order_id="O2", **{column: value})) == (2, 1, 1, 0)


def test_times_of_several_zones_in_one_column_are_one_moment(shop: Shop) -> None:
    written = [
        "2025-06-01 08:00:00",
        "2025-06-01T08:00:00+08:00",
        "2025-06-01T00:00:00Z",
        "2025-05-31T20:00:00-04:00",
        "2025/06/01 08:00",
    ]
    lines = [row(order_id=f"O{n}", ordered_at=at) for n, at in enumerate(written)]
    assert shop.rows(*lines, options=("--zone", "Asia/Shanghai"))["accepted"] == len(written)
    moments = shop.lake.frame("order_lines")["ordered_at"]
    assert set(moments) == {pd.Timestamp("2025-06-01T00:00Z")}


def test_zones_mixed_in_a_frame_are_one_moment(lake: Lake) -> None:
    moments = [
        pd.Timestamp("2025-06-01T00:00Z"),
        pd.Timestamp("2025-06-01T08:00+08:00"),
        pd.Timestamp("2025-06-01T00:00"),
        "2025-06-01T00:00:00Z",
    ]
    rows = [row(order_id=f"O{n}", ordered_at=at) for n, at in enumerate(moments)]
    assert frame_totals(lake, *rows) == (4, 4, 0, 0)
    assert set(lake.frame("order_lines")["ordered_at"]) == {moments[0]}


def test_ten_megabytes_of_one_customer_are_taken(shop: Shop) -> None:
    line = "{},1,C1,2025-06-01 10:00:00,1,10.0\n"
    size = 10 * 2**20
    count = size // len(line.format("O0000000000000"))
    text = ",".join(HEADER) + "\n" + "".join(line.format(f"O{n:013d}") for n in range(count + 1))
    assert len(text) > size
    assert shop.bring(text).code == 0
    assert shop.last()["accepted"] == count + 1


def test_unknown_categories_are_data(shop: Shop) -> None:
    lines = "".join(f"O{n},1,C1,2025-06-01,1,1.0,{name}\n" for n, name in enumerate(["?", "茶"]))
    assert shop.bring(",".join([*HEADER, "category"]) + "\n" + lines).code == 0
    assert shop.lake.frame("order_lines")["category"].tolist() == ["?", "茶"]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("order_id,line_no,customer_id,ordered_at,quantity", ["no column 'net_amount'"]),
        (
            "order_id,line_no,customer_id,Order date,quantity,net_amount",
            ["no column 'ordered_at'", "Did you mean 'Order date'"],
        ),
        (
            "order_id,line_no,cust_id,ordered_at,quantity,net_amount",
            ["no column 'customer_id'", "Did you mean 'cust_id'"],
        ),
        (
            "order_id,line_no,customer_id,ordered_at,qty,net_amount",
            ["no column 'quantity'", "Did you mean 'qty'"],
        ),
    ],
    ids=["missing", "renamed", "shortened", "abbreviated"],
)
def test_a_column_that_is_missing_or_renamed_is_refused_with_the_likeliest(
    shop: Shop, header: str, said: list[str]
) -> None:
    answer = shop.bring(f"{header}\n{','.join(GOOD[: header.count(',') + 1])}\n")
    assert answer.code == 2
    printed = " ".join(answer.err.split())
    assert all(words in printed for words in [*said, "file1.csv"])
    assert not shop.lake.has("order_lines")


def test_a_column_that_is_missing_or_renamed_in_a_frame_is_refused_with_the_likeliest(
    lake: Lake,
) -> None:
    frame = pd.DataFrame([GOOD], columns=HEADER)
    renamed = frame.rename(columns={"ordered_at": "order_date"})
    with pytest.raises(ContractError, match=r"needs the column ordered_at.*mean 'order_date'"):
        lake.append("order_lines", [renamed], source="", fingerprint="renamed")
    extra = frame.assign(discount=1)
    with pytest.raises(ContractError, match=r"no column discount.*mean 'discount_amount'"):
        lake.append("order_lines", [extra], source="", fingerprint="extra")
    with pytest.raises(ContractError, match="needs the column net_amount"):
        lake.append("order_lines", [frame[HEADER[:-1]]], source="", fingerprint="missing")
    assert not lake.has("order_lines")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no header"),
        (b"order_id,line_no\n", "no rows"),
        (b"\xff\xfe\xfd", "not text in UTF-8"),
        (b"\xff\xfea\x00,\x00\n\x00\x00\xd8", "not text in UTF-8"),
        (b"order_id,line_no\ncaf\xe9,1\n", "not text in UTF-8"),
        (b"PK\x03\x04\x00\x00", "spreadsheet"),
        (b"\x89PNG\r\n\x1a\n\x00", "not text"),
    ],
    ids=["empty", "header only", "bytes", "half UTF-16", "latin-1", "spreadsheet", "picture"],
)
def test_a_file_that_is_no_table_is_refused(shop: Shop, content: bytes, said: str) -> None:
    answer = shop.bring(content)
    assert answer.code == 2
    assert said in " ".join(answer.err.split())
    assert "file1.csv" in answer.err
    assert not shop.lake.has("order_lines")


LEADS = "lead_id,created_at,source,customer_id\nL1,2025-06-01,web,C1\n"
TICKETS = "ticket_id,customer_id,opened_at,type\nT1,C1,2025-06-01,broken\n"
LINES = f"{','.join(HEADER)},product_id,category\n{','.join(GOOD)},P1,tea\n"


@pytest.mark.parametrize(
    ("table", "content", "is_one_of"),
    [
        ("products", LINES, "order_lines"),
        ("customers", LINES, "order_lines"),
        ("customers", LEADS, "leads"),
        ("customers", TICKETS, "tickets"),
        ("leads", TICKETS, "tickets"),
        ("order_lines", LEADS, "leads"),
        ("lead_outcomes", LEADS, "leads"),
    ],
)
def test_a_file_of_another_table_is_refused(
    shop: Shop, table: str, content: str, is_one_of: str
) -> None:
    answer = shop.bring(content, table=table)
    assert answer.code == 2
    assert f"looks like {is_one_of}, not like {table}" in " ".join(answer.err.split())
    assert shop.bring(content, table=is_one_of).code == 0


def test_a_mapping_says_that_a_table_is_meant_for_all_that(shop: Shop) -> None:
    said = shop.bring(LINES, "--map", "product_id=product_id", table="products")
    assert said.code == 0
    assert shop.lake.frame("products")[["product_id", "category"]].values.tolist() == [
        ["P1", "tea"]
    ]
    assert "order_id" in said.out  # what was left out is named


def test_the_first_rows_are_a_backfill_and_later_ones_are_known_from_now_on(shop: Shop) -> None:
    first, later = shop.rows(row()), shop.rows(row(order_id="O2"))
    history = shop.rows(row(order_id="O3"), options=("--backfill",))
    assert first["ingested_at"] is history["ingested_at"] is None
    assert later["ingested_at"] is not None
    known = shop.lake.frame("order_lines").set_index("order_id")["ingested_at"]
    assert known.isna().to_dict() == {"O1": True, "O2": False, "O3": True}
    assert abs(known["O2"] - now()) < timedelta(hours=1)


def test_which_of_the_two_it_was_is_printed_and_a_column_of_the_files_own_wins(
    shop: Shop,
) -> None:
    text = ",".join([*HEADER, "ingested_at"]) + "\n" + ",".join(GOOD) + ",{}\n"
    said = shop.bring(text.format("2025-06-05"), "--known-now")
    assert "Known from now on" in said.out
    assert shop.lake.frame("order_lines")["ingested_at"].item() == pd.Timestamp("2025-06-05T00:00Z")
    assert "backfill" in shop.bring(LEADS, table="leads").out


def test_a_line_break_within_a_value_does_not_split_its_quarantined_row(lake: Lake) -> None:
    assert frame_totals(lake, row(ordered_at="a\rb"), row(ordered_at="a\nb")) == (2, 0, 2, 0)
    assert len(pd.read_csv(next((lake.root / "quarantine").glob("*.csv")))) == 2


VALUES = [*GOOD, "", " ", "nan", "-inf", "1e400", "-3", "1970-01-01", "2999-01-01", "0", "O2", "茶"]
CELLS = st.one_of(
    st.sampled_from(VALUES),
    st.sampled_from([None, np.nan, pd.NaT, 1, 2.0, -1.5, True, np.inf, {"a": 1}, [1]]),
    st.text(max_size=3),
    st.datetimes(datetime(1960, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 - naive is a case
)
LAWFUL = st.tuples(*(st.sampled_from([value, value, "1", "O3"]) for value in GOOD))
BROKEN = st.lists(st.one_of(LAWFUL, st.tuples(*[CELLS] * len(HEADER))), max_size=8)


@given(st.lists(BROKEN, min_size=1, max_size=2), st.booleans())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_totals_add_up_whatever_comes(chunks: list[list[tuple]], is_backfill: bool) -> None:
    with TemporaryDirectory() as folder:
        lake = Lake(Path(folder), threads=1)
        frames = [pd.DataFrame(list(rows), columns=HEADER, dtype=object) for rows in chunks]
        known = None if is_backfill else now()
        told = [
            lake.append("order_lines", [f], source="", fingerprint=str(n), ingested_at=known)
            for n, f in enumerate([*frames, *frames])
        ]
        for report, frame in zip(told, [*frames, *frames], strict=True):
            assert report.read == len(frame)
            assert report.read == report.accepted + report.quarantined + report.duplicates
            assert 0 <= report.conflicts <= report.duplicates
            if report.quarantine_file:
                assert len(pd.read_csv(report.quarantine_file)) == report.quarantined
        assert sum(report.accepted for report in told[len(frames) :]) == 0
        stand = lake.frame("order_lines") if lake.has("order_lines") else pd.DataFrame()
        assert len(stand) == sum(report.accepted for report in told)
        if len(stand):
            assert not stand.duplicated(["order_id", "line_no"]).any()
