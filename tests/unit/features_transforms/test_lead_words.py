"""Every feature of a lead speaks two languages."""

import math

import pandas as pd
import pytest

from features.transforms.feature import Feature
from features.transforms.lead_features import lead_features, read_history, reads_the_lake
from features.transforms.lead_history import OVERALL
from features.transforms.lead_words import LEAD_FEATURES, lead_feature
from tests.unit.features_transforms.lead_frames import Frames

SAID_OF_TYPES = [lead_feature("lead_before_form_sent"), lead_feature("lead_after_call")]
ALL = pytest.mark.parametrize(
    "feature", [*LEAD_FEATURES.values(), *SAID_OF_TYPES], ids=lambda feature: feature.name
)
FREE = {"lead_hour", "lead_weekday", "lead_source", "lead_medium", "lead_region"}


def test_every_feature_that_is_built_has_words_and_the_other_way_round() -> None:
    lake = Frames({})
    lead = pd.DataFrame({"lead_id": ["x"], "created_at": [pd.Timestamp("2017-03-01", tz="UTC")]})
    built = lead_features(lake, read_history(lake), lead, lead["created_at"], ("call",))
    without = set(built) - FREE
    assert without == {*LEAD_FEATURES, "lead_before_call", "lead_after_call"}
    assert all(lead_feature(name) is not None for name in without)


@ALL
def test_a_sentence_holds_the_value_in_both_languages(feature: Feature) -> None:
    value = feature.written(7.0)
    assert value in feature.say(7.0, 3.0, "en")
    assert value in feature.say(7.0, 3.0, "zh-CN")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in feature.zh)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in feature.said_zh)


@ALL
def test_a_sentence_without_a_typical_value_has_no_gap(feature: Feature) -> None:
    for lang in ("en", "zh-CN"):
        said = feature.say(7.0, math.nan, lang)
        assert said
        assert not said.endswith((" ", ";", ",", "\uff0c"))
        assert "{" not in said
    assert not any(mark in feature.said_zh for mark in ",;:()")


@ALL
def test_the_typical_value_has_the_same_unit(feature: Feature) -> None:
    if feature.typical_from is not None:
        assert feature.typical_from == OVERALL
        assert LEAD_FEATURES[OVERALL].unit == feature.unit


def test_a_rate_is_told_beside_that_of_all_leads() -> None:
    said = LEAD_FEATURES["lead_store_conversion"]
    expected = "12 % of the leads of this store converted; 8 % of all leads"
    assert said.say(0.12, 0.08, "en") == expected
    assert said.say(0.12, 0.08, "zh-CN") == "该门店线索转化率 12 %\uff0c全部线索为 8 %"
    assert said.say(0.12, None, "en") == "12 % of the leads of this store converted"


def test_what_a_lead_says_itself_needs_no_lake() -> None:
    assert not reads_the_lake([*FREE, "attr_pages", "lead_attributes", "recency_days"])
    assert reads_the_lake(["lead_store_lift"])
    assert reads_the_lake(["lead_after_call"])
    assert lead_feature("lead_hour") is None
