import re
from dataclasses import replace
from itertools import pairwise

import pytest

from models_registry.errors import BundleError
from tests.unit.training.small_card import a_bin, card, metric, part
from training.cards.card import Card, Dependence, Estimate, Point, Slice
from training.cards.limits import limits
from training.cards.markdown import markdown, number
from training.cards.meaning import Meaning, meaning_of
from training.cards.page import documents, html
from training.config import load, models

FETCHES = re.compile(
    r"""(src|href)\s*=\s*["']?[^"'#\s]|<script|<link|<iframe|@import|url\((?!#)""", re.I
)
MEANING = Meaning("churned", "purpose", "share", "split", ("A caution.",))


def test_both_pages_tell_the_same_and_the_card_survives_json() -> None:
    told = documents(card())
    assert Card.from_json(told["card.json"]) == card()
    for said in (
        "The probability that a customer buys nothing.",
        "purchase days (active_days): at least 3",
        "0.8 (0.78 to 0.82)",
        "0.05 (0.04 to 0.06)",
        "recency_days 0 to 5",
        "It was measured on one moment.",
        "passed: auc 0.8000, at least 0.7 asked",
        "shuke train churn_28d --fresh",
        "距上次购买天数",
        "20170101",
    ):
        assert said in told["card.md"], said
        assert said in told["card.html"], said


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    page = html(card())
    assert FETCHES.findall(page) == []
    assert page.count("<svg") == 3
    assert page.count("</svg>") == 3


def test_ids_of_one_page_are_unique_and_stay_from_run_to_run() -> None:
    page = html(card())
    assert page == html(card())
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "level", ["<script>alert(1)</script>", "a|b\nc", "$5 & [x](y) *z*", "抖音"]
)
def test_whatever_a_shop_calls_its_sources_is_shown_and_not_run(level: str) -> None:
    points = (Point(level, None, 100, 0.1, 0.0, 0.2),)
    told = card(
        dependence=(Dependence("lead_source", "source", points),),
        slices=(Slice(level, 400, {"brier": 0.1}),),
    )
    page = html(told)
    assert FETCHES.findall(page) == []
    assert "<em>" not in page
    lines = [line for line in markdown(told).splitlines() if line.startswith("| ")]
    for above, below in pairwise(lines):
        if below.startswith("| --- "):
            assert above.count("|") == below.count("|")
    cells = re.findall(r"<td>([^<]*)</td>", page)
    shown = level.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert " ".join(shown.split()) in cells


def test_what_was_not_measured_is_said_and_not_drawn() -> None:
    bare = card(calibration=(), dependence=(), slices=(), allowed="")
    page = html(bare)
    assert page.count("<svg") == 1
    assert "It was not measured." in page
    assert "too few customers" in page


def test_a_card_of_another_release_says_what_to_do() -> None:
    with pytest.raises(BundleError, match="train the model again"):
        Card.from_json("{}")


def test_numbers_keep_four_digits_that_count() -> None:
    assert [number(x) for x in (None, 0.123456, 12345.6, 0.0)] == ["", "0.1235", "12,346", "0"]


@pytest.mark.parametrize("model", models())
def test_every_model_says_what_it_means(model: str) -> None:
    meaning = meaning_of(load(model))
    assert meaning.purpose
    assert meaning.cautions
    asked = "randomised" in " ".join(meaning.cautions)
    assert asked == (model == "lead_score")


def told(**more: object) -> str:
    plain = {
        "parts": [part()],
        "metrics": [metric()],
        "slices": [],
        "calibration": [],
        "empty": [],
        "windows_apart": True,
    }
    return "\n".join(limits(MEANING, **{**plain, **more}))


def test_limits_name_what_was_not_measured() -> None:
    assert "one moment, 2018-01-01" in told()
    assert "200 of 1,200 test rows lie outside the population" in told()
    assert "A caution." in told()
    assert "Only 90 test rows" in told(parts=[part(judged=90)])
    assert "overlap" not in told()
    assert "overlap" in told(windows_apart=False)
    assert "nps_last" in told(empty=["nps_last"])


def test_limits_name_thin_slices_and_bins_that_are_off() -> None:
    thin = told(slices=[Slice("small", 60, {}), Slice("large", 900, {})])
    assert "small (60)" in thin
    assert "large" not in thin
    off = a_bin(off=True, happened=0.5)
    said = told(calibration=[a_bin(), off])
    assert "bin 2 of 2 (100 rows)" in said
    assert "0.2 was predicted and 0.5 happened" in said
    assert "chance alone" not in said
    assert "chance alone" in told(calibration=[replace(off, happened=0.25)])


def test_limits_say_when_the_model_cannot_be_told_from_a_rule() -> None:
    assert "simple rule (recency_days)" not in told()
    assert "cannot be told" in told(metrics=[metric(gain=Estimate(0.01, -0.01, 0.03))])
    assert "auc is worse" in told(metrics=[metric(gain=Estimate(-0.02, -0.03, -0.01))])
