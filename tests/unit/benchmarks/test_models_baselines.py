from datetime import UTC, datetime
from math import log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.models_btyd import PYTHON, Btyd, histories, median_days
from tests.benchmarks.models_churn import untied
from tests.benchmarks.models_next import first
from tests.benchmarks.models_points import CardPolicy, draw_up
from tests.benchmarks.models_shops import cdnow_lines

CUTOFF = datetime(1997, 4, 1, tzinfo=UTC)
DAYS = st.dates(datetime(1997, 1, 1).date(), datetime(1997, 6, 30).date())  # noqa: DTZ001


def bought(*purchases: tuple[str, str, float]) -> pd.DataFrame:
    days = pd.DataFrame(purchases, columns=["customer_id", "day", "spend"])
    return days.assign(day=pd.to_datetime(days["day"]))


def test_a_history_counts_the_days_after_the_first() -> None:
    days = bought(
        ("a", "1997-01-01", 99.0),
        ("a", "1997-01-11", 10.0),
        ("a", "1997-03-02", 30.0),
        ("a", "1997-04-01", 77.0),  # on the cutoff: not known yet
        ("b", "1997-03-31", 5.0),
        ("c", "1997-05-01", 5.0),
    )
    told = histories(days, CUTOFF)
    assert told.to_dict("records") == [
        {"customer": "a", "frequency": 2, "recency": 60, "T": 90, "monetary": 20.0},
        {"customer": "b", "frequency": 0, "recency": 0, "T": 1, "monetary": 0.0},
    ]


@given(st.lists(st.tuples(st.sampled_from("abc"), DAYS), min_size=1, unique=True))
def test_a_history_never_looks_past_the_cutoff(purchases: list[tuple[str, object]]) -> None:
    days = bought(*((who, str(day), 1.0) for who, day in purchases))
    told = histories(days, CUTOFF)
    known = days[days["day"] < pd.Timestamp("1997-04-01")]
    pd.testing.assert_frame_equal(told, histories(known, CUTOFF))
    assert told["frequency"].sum() == len(known) - known["customer_id"].nunique()
    assert (told["recency"] <= told["T"]).all()
    assert ((told["frequency"] == 0) == (told["recency"] == 0)).all()


def test_at_a_steady_rate_the_median_is_that_of_a_poisson_process() -> None:
    horizons, rates = np.arange(1.0, 91.0), np.array([0.5, 0.05, 0.001])
    found = median_days(horizons, rates[:, None] * horizons)
    assert found == pytest.approx([log(2) / 0.5, log(2) / 0.05, 90.0])


def test_names_come_by_number_then_by_popularity_and_the_unknown_last() -> None:
    names, popular = ["a", "b", "c", "d", "e", "f"], [0.1, 0.9, 0.2, 0.3, 0.4, 0.5]
    assert first(names, [5, 1, 1, 0, 0, 0], popular) == ["a", "b", "c", "f", "e"]
    days = [np.nan, 3.0, 1.0, 1.0, np.nan, 9.0]
    assert first(names, days, popular, rising=True) == ["d", "c", "b", "f", "e"]


def test_a_level_part_of_a_curve_still_ranks_by_days() -> None:
    said = untied(np.array([0.2, 0.2, 0.5]), np.array([3.0, 7.0, 1.0]))
    assert said[0] < said[1] < said[2]
    assert said == pytest.approx([0.2, 0.2, 0.5], abs=1e-6)


def test_purchases_of_one_day_are_one_order(tmp_path: Path) -> None:
    file = tmp_path / "master.txt"
    file.write_text(
        " customer_id  date number_of_cds  dollar_value\n"
        " 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n 00002 19970112  5   77.00\n"
    )
    lines = cdnow_lines(file)
    assert lines["order_id"].tolist() == ["00001-19970101", "00002-19970112"]
    assert lines["net_amount"].tolist() == [11.77, 89.0]
    assert lines["quantity"].tolist() == [1.0, 6.0]
    assert lines["ordered_at"].iloc[1] == pd.Timestamp("1997-01-12", tz="UTC")


def leads(count: int = 2_000) -> tuple[pd.DataFrame, np.ndarray]:
    random = np.random.default_rng(8)
    rows = pd.DataFrame(
        {
            "visits": random.poisson(3, count).astype(float),
            "noise": random.normal(size=count),
            "source": random.choice(["friend", "web", "fair"], count, p=[0.2, 0.7, 0.1]),
        }
    )
    rows.loc[::10, "visits"] = np.nan
    chance = 0.1 + 0.5 * (rows["source"] == "friend") + 0.3 * (rows["visits"] > 3)
    return rows, (random.uniform(size=count) < chance).astype(float)


def test_a_card_asks_what_tells_most_and_doubles_the_odds_by_its_points() -> None:
    rows, converted = leads()
    card = draw_up(rows, converted, ["visits", "noise"], ["source"], CardPolicy(questions=2))
    assert {question.feature for question in card.questions} == {"visits", "source"}
    source = next(each for each in card.questions if each.feature == "source")
    won = pd.Series(converted).groupby(rows["source"]).mean()
    odds = won / (1 - won)
    apart = 10 * np.log2(odds["friend"] / odds["web"])
    assert source.points["friend"] - source.points["web"] == pytest.approx(apart, abs=1.5)


def test_a_card_answers_for_the_missing_the_rare_and_the_never_seen() -> None:
    rows, converted = leads()
    rows.loc[:5, "source"] = "zeppelin"
    rows.loc[100:400, "source"] = None
    card = draw_up(rows, converted, ["visits"], ["source"])
    strange = pd.DataFrame(
        {"visits": [np.nan, 1e9, 2.0], "source": ["zeppelin", "a new one", None]}
    )
    assert np.isfinite(card(strange)).all()
    source = next(each for each in card.questions if each.feature == "source")
    assert set(source.points) == {"friend", "web", "fair", "unknown", "other"}
    assert source.of(strange)[0] == source.of(strange)[1] == source.points["other"]


@pytest.mark.skipif(not PYTHON.exists(), reason="`make .venv-btyd/ready` was not run")
def test_the_published_customer_is_expected_to_buy_as_published(tmp_path: Path) -> None:
    btyd = Btyd(tmp_path)
    sample = pd.read_csv(btyd.cdnow().with_name("cdnow_customers_summary.csv"))
    people = pd.DataFrame(
        {
            "customer": sample["ID"].astype(str),
            "frequency": sample["frequency"],
            "recency": sample["recency"],
            "T": sample["T"],
            "monetary": 1.0 + sample["frequency"] % 7,
        }
    )
    who = people[(people["frequency"] == 2) & people["recency"].round(2).eq(30.43)]
    told = btyd.ask(people, [39.0]).set_index("customer").loc[who["customer"]]
    # Fader, Hardie and Lee, Counting Your Customers the Easy Way, 2005: 1.226 in 39 weeks.
    assert told["bg_purchases"].iloc[0] == pytest.approx(1.226, abs=0.002)
