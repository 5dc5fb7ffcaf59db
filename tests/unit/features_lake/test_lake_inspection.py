from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from features.clock import now
from features.errors import ContractError
from features.lake.inspection import FAULT, ROW, inspect
from features.lake.tables import TABLES, contract

LINE = {
    "order_id": "O1",
    "line_no": 1,
    "customer_id": "C1",
    "ordered_at": "2017-03-01",
    "quantity": 2.0,
    "net_amount": 10.0,
}


def broken(table, **changes):
    """Return (column, reason) of the one row, or None if it keeps the contract."""
    base = {"order_lines": LINE, "leads": {"lead_id": "L1", "created_at": "2017-03-01"}}[table]
    chunk = pd.DataFrame([base | changes])
    inspected = inspect(chunk, TABLES[table], first_row=1)
    assert len(inspected.good) + len(inspected.bad) == 1
    return None if inspected.bad.empty else tuple(inspected.bad.iloc[0][["column", "reason"]])


def test_a_true_row_is_kept_and_completed():
    row = inspect(pd.DataFrame([LINE]), TABLES["order_lines"], first_row=5).good.iloc[0]
    assert row["discount_amount"] == row["coupon_amount"] == 0.0
    assert pd.isna(row["category"])
    assert row[ROW] == 5


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"net_amount": np.inf}, ("net_amount", "is not finite")),
        ({"net_amount": np.nan}, ("net_amount", "is missing")),
        ({"net_amount": -1.0}, ("net_amount", "is a negative price")),
        ({"net_amount": -1.0, "quantity": 0.0}, ("net_amount", "is a negative price")),
        ({"quantity": -1.0}, ("net_amount", "is a negative price")),
        ({"customer_id": " "}, ("customer_id", "is missing")),
        ({"ordered_at": "1989-12-31"}, ("ordered_at", "is before 1990-01-01")),
        ({"line_no": None}, ("line_no", "is missing")),
    ],
)
def test_an_untrue_line_is_told_with_column_and_reason(changes, fault):
    assert broken("order_lines", **changes) == fault


def test_a_return_takes_goods_and_money_back():
    assert broken("order_lines", quantity=-1.0, net_amount=-5.0) is None
    assert broken("order_lines", quantity=0.0, net_amount=0.0) is None


def test_an_event_may_be_a_day_ahead_and_no_more():
    assert broken("order_lines", ordered_at=now() + timedelta(hours=23)) is None
    fault = broken("order_lines", ordered_at=now() + timedelta(hours=25))
    assert fault == ("ordered_at", "lies in the future")


def test_a_lead_may_expire_in_the_future_but_not_come_from_it():
    later = now() + timedelta(days=30)
    assert broken("leads", expires_at=later) is None
    assert broken("leads", created_at=later) == ("created_at", "lies in the future")


@pytest.mark.parametrize("attributes", ["{", "[1]", '"x"'])
def test_attributes_are_a_json_object(attributes):
    assert broken("leads", attributes=attributes) == ("attributes", "is not a JSON object")


def test_a_row_wrong_in_two_columns_is_told_once_with_both_reasons():
    chunk = pd.DataFrame([LINE, LINE | {"net_amount": "ten", "ordered_at": "1970-01-01"}])
    bad = inspect(chunk, TABLES["order_lines"], first_row=1).bad
    assert bad.to_dict("records") == [
        {
            "row": 2,
            "column": "net_amount; ordered_at",
            "reason": "is not a number; is before 1990-01-01",
            "value": "ten; 1970-01-01 00:00:00",
        }
    ]


def test_an_unreadable_value_is_not_replaced_by_the_default():
    assert broken("order_lines", coupon_amount="much") == ("coupon_amount", "is not a number")


def test_a_row_the_importer_could_not_read_keeps_only_that_reason():
    chunk = pd.DataFrame([dict.fromkeys(LINE, "") | {ROW: 9, FAULT: "3 fields instead of 6"}])
    bad = inspect(chunk, TABLES["order_lines"], first_row=1).bad
    assert bad[["row", "reason"]].values.tolist() == [[9, "3 fields instead of 6"]]


def test_a_missing_required_column_is_named_with_what_was_found():
    with pytest.raises(ContractError, match=r"needs the column line_no .*found order_id"):
        inspect(pd.DataFrame([LINE]).drop(columns="line_no"), TABLES["order_lines"], first_row=1)


def test_an_unknown_column_is_refused_rather_than_dropped():
    with pytest.raises(ContractError, match="has no column colour"):
        inspect(pd.DataFrame([LINE | {"colour": "red"}]), TABLES["order_lines"], first_row=1)


def test_an_unknown_table_names_those_there_are():
    with pytest.raises(ContractError, match="Choose one of customers"):
        contract("orders")


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_contract_names_its_key_and_time_among_its_columns(table):
    assert set(table.key) <= set(table.columns)
    assert table.key[0] in table.required
    assert table.time is None or table.time in table.kinds
