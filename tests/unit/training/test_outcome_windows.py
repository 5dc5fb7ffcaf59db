from datetime import UTC, datetime, timedelta

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.engine import connect
from features.errors import CutoffError, EmptyDataError
from training.labels import check_matured, leads_known_by, next_basket, outcomes

CUTOFF = datetime(2017, 6, 1, tzinfo=UTC)
START = pd.Timestamp("2017-06-01")
INSTANT = pd.Timedelta(microseconds=1)
HORIZON = 28
END = START + pd.Timedelta(days=HORIZON)


def lines(*events: tuple[str, pd.Timestamp, float, float, str]) -> pd.DataFrame:
    """One line per event: order, moment, quantity, net amount, category; customer from order."""
    rows = [
        {
            "order_id": order,
            "line_no": number,
            "customer_id": order.split("-")[0],
            "ordered_at": moment,
            "store_id": "1",
            "channel": "store",
            "category": category,
            "quantity": quantity,
            "net_amount": amount,
            "discount_amount": 0.0,
            "coupon_amount": 0.0,
        }
        for number, (order, moment, quantity, amount, category) in enumerate(events)
    ]
    return pd.DataFrame(rows).astype({"ordered_at": "datetime64[us]"})


def label(frame: pd.DataFrame, *cutoffs: datetime, horizon: int = HORIZON) -> pd.DataFrame:
    asked = outcomes(ibis.memtable(frame), cutoffs or (CUTOFF,), horizon)
    return connect(1).execute(asked.order_by(["as_of", "customer_id"]))


BEFORE = ("a-1", START - INSTANT, 1.0, 5.0, "milk")


def test_a_purchase_at_the_cutoff_belongs_to_the_window_and_not_to_the_past() -> None:
    found = label(lines(BEFORE, ("a-2", START, 1.0, 7.0, "milk"), ("b-1", START, 1.0, 3.0, "milk")))
    assert found["customer_id"].tolist() == ["a"]
    assert found.loc[0, ["churned", "days_to_next", "spend"]].tolist() == [0.0, 0.0, 7.0]


def test_a_purchase_at_the_end_of_the_window_lies_outside() -> None:
    found = label(lines(BEFORE, ("a-2", END, 1.0, 7.0, "milk")))
    assert found.loc[0, ["churned", "days_to_next", "spend"]].tolist() == [1.0, HORIZON, 0.0]


def test_a_purchase_an_instant_before_the_end_lies_inside() -> None:
    found = label(lines(BEFORE, ("a-2", END - INSTANT, 1.0, 7.0, "milk")))
    assert found.loc[0, "churned"] == 0.0
    assert found.loc[0, "days_to_next"] == pytest.approx(HORIZON, abs=1e-4)


def test_returning_goods_is_not_buying_but_costs_the_spend() -> None:
    day = pd.Timedelta(days=1)
    back = ("a-2", START + day, -1.0, -5.0, "milk")
    assert label(lines(BEFORE, back)).loc[0, ["churned", "spend"]].tolist() == [1.0, -5.0]
    bought = ("a-3", START + 2 * day, 1.0, 20.0, "milk")
    found = label(lines(BEFORE, back, bought)).loc[0]
    assert found[["churned", "days_to_next", "spend"]].tolist() == [0.0, 2.0, 15.0]


def test_all_cutoffs_are_labelled_in_one_pass_each_with_its_own_window() -> None:
    later = CUTOFF + timedelta(days=10)
    bought = ("a-2", START + pd.Timedelta(days=4), 1.0, 9.0, "milk")
    found = label(lines(BEFORE, bought), later, CUTOFF)
    assert found["churned"].tolist() == [0.0, 1.0]
    assert found["days_to_next"].tolist() == [4.0, float(HORIZON)]


def test_the_next_basket_is_the_first_one_and_holds_each_category_once() -> None:
    day = pd.Timedelta(days=1)
    frame = lines(
        BEFORE,
        ("a-2", START + day, 1.0, 1.0, "tea"),
        ("a-2", START + day, 1.0, 1.0, "tea"),
        ("a-2", START + day, 1.0, 1.0, "bread"),
        ("a-2", START + day, -1.0, -1.0, "returned"),
        ("a-3", START + 2 * day, 1.0, 1.0, "wine"),
    )
    found = connect(1).execute(next_basket(ibis.memtable(frame), [CUTOFF], HORIZON))
    assert [list(basket) for basket in found["basket"]] == [["bread", "tea"]]


def test_a_window_that_has_not_closed_is_refused() -> None:
    today = CUTOFF + timedelta(days=HORIZON)
    check_matured([CUTOFF], HORIZON, today)
    with pytest.raises(CutoffError, match="not known yet"):
        check_matured([CUTOFF], HORIZON, today - timedelta(seconds=1))
    with pytest.raises(EmptyDataError):
        check_matured([], HORIZON, today)


@settings(deadline=None, max_examples=20)
@given(
    days=st.lists(st.floats(-60, 60, allow_nan=False).map(lambda d: round(d, 3)), max_size=12),
    noise=st.lists(st.floats(HORIZON, 90), min_size=1, max_size=3),
)
def test_whatever_happens_after_the_window_no_label_changes(
    days: list[float], noise: list[float]
) -> None:
    events = [
        (f"a-{i}", START + pd.Timedelta(days=day), 1.0, 2.0, "milk") for i, day in enumerate(days)
    ]
    late = [
        (f"a-late{i}", START + pd.Timedelta(days=day), 1.0, 999.0, "milk")
        for i, day in enumerate(noise)
    ]
    before = label(lines(BEFORE, *events))
    pd.testing.assert_frame_equal(before, label(lines(BEFORE, *events, *late)))


MOMENT = datetime(2017, 7, 1, tzinfo=UTC)


def lead(name: str, expires: str | None) -> dict[str, object]:
    return {
        "lead_id": name,
        "created_at": pd.Timestamp("2017-06-01", tz=UTC),
        "expires_at": pd.Timestamp(expires, tz=UTC) if expires else pd.NaT,
    }


def settled(leads: list[dict[str, object]], *decided: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(leads)
    frame["expires_at"] = pd.to_datetime(frame["expires_at"], utc=True)
    outcomes = pd.DataFrame(decided, columns=["lead_id", "decided_at", "outcome"])
    outcomes["decided_at"] = pd.to_datetime(outcomes["decided_at"], utc=True)
    return leads_known_by(frame, outcomes, MOMENT).set_index("lead_id")


def test_an_open_lead_is_not_known_even_if_it_converted_already() -> None:
    found = settled([lead("open", "2017-07-02")], ("open", "2017-06-05", "converted"))
    assert found.empty


def test_a_lead_past_its_expiry_without_an_outcome_is_lost() -> None:
    found = settled(
        [lead("silent", "2017-07-01"), lead("bought", "2017-06-20")],
        ("bought", "2017-06-19", "converted"),
    )
    assert found["converted"].to_dict() == {"silent": 0.0, "bought": 1.0}


def test_a_conversion_after_the_expiry_does_not_count() -> None:
    found = settled([lead("late", "2017-06-20")], ("late", "2017-06-20", "converted"))
    assert found.loc["late", "converted"] == 0.0


def test_a_lead_that_never_expires_is_settled_when_it_was_decided() -> None:
    leads = [lead("won", None), lead("lost", None), lead("later", None), lead("undecided", None)]
    found = settled(
        leads,
        ("won", "2017-06-20", "converted"),
        ("lost", "2017-06-21", "lost"),
        ("later", "2017-07-02", "converted"),
    )
    assert found["converted"].to_dict() == {"won": 1.0, "lost": 0.0}
