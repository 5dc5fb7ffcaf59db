"""Every feature speaks two languages."""

import math
from itertools import pairwise

import pytest

from features.catalog import ARRAY_WORDS, FEATURES, Feature, feature
from features.errors import InputError
from features.transforms import peers
from features.transforms.categories import ARRAYS
from features.transforms.customer import TOPICS

ALL = pytest.mark.parametrize("feature", FEATURES.values(), ids=lambda feature: feature.name)


def test_names_are_unique_across_topics() -> None:
    assert len(FEATURES) == sum(len(topic.FEATURES) for topic in (*TOPICS, peers))


def test_there_are_at_least_100_features() -> None:
    assert len(FEATURES) >= 100


def test_features_of_a_topic_stand_together() -> None:
    topics = [feature.topic for feature in FEATURES.values()]
    changes = sum(before != after for before, after in pairwise(topics))
    assert changes == len(set(topics)) - 1


def test_every_array_has_words() -> None:
    assert list(ARRAY_WORDS) == list(ARRAYS)


def test_an_unknown_name_is_answered_by_the_nearest() -> None:
    with pytest.raises(InputError) as refused:
        feature("recency_day")
    assert "recency_days" in refused.value.todo
    with pytest.raises(InputError, match="features list"):
        feature("zzz")


@ALL
def test_a_sentence_holds_the_value_in_both_languages(feature: Feature) -> None:
    value = feature.written(7.0)
    assert value in feature.say(7.0, 3.0, "en")
    assert value in feature.say(7.0, 3.0, "zh-CN")


@ALL
def test_a_sentence_without_a_typical_value_has_no_gap(feature: Feature) -> None:
    for lang in ("en", "zh-CN"):
        said = feature.say(7.0, math.nan, lang)
        assert said
        assert not said.endswith((" ", ";", ",", "，", "every  days"))
        assert "{" not in said


@ALL
def test_a_missing_value_is_said_to_be_missing(feature: Feature) -> None:
    assert feature.say(None, 3.0, "en") == f"{feature.en}: not known"
    assert feature.say(math.nan, 3.0, "zh-CN").startswith(feature.zh)


@ALL
def test_the_typical_value_comes_from_a_feature_of_the_same_unit(feature: Feature) -> None:
    if feature.typical_from is not None:
        assert FEATURES[feature.typical_from].unit == feature.unit
    assert ("{typical}" in feature.said_en) == ("{typical}" in feature.said_zh)
    assert ("{typical}" in feature.said_en) == (feature.typical_from is not None)


@ALL
def test_chinese_is_chinese(feature: Feature) -> None:
    for text in (feature.zh, feature.said_zh):
        assert any("一" <= letter <= "鿿" for letter in text)


def test_recency_reads_as_a_shop_guide_would_say_it() -> None:
    recency = FEATURES["recency_days"]
    assert recency.say(83.0, 12.0, "en") == "83 days since the last purchase; usually every 12 days"
    assert recency.say(83.0, 12.0, "zh-CN") == "距上次购买已 83 天，平时约每 12 天一次"
    assert recency.say(83.0, None, "en") == "83 days since the last purchase"


def test_a_sentence_tells_what_is_typical_even_where_the_customer_has_no_usual_value() -> None:
    spend = FEATURES["spend_30d"]
    assert spend.say(0.0, 84.2, "en") == "spent 0.00 in the last 30 days (typically 84.20)"
    assert spend.say(0.0, 84.2, "zh-CN") == "近30天消费 0.00（一般为 84.20）"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("active_days_90d", 1.0, "bought on 1 day in the last 90"),
        ("active_days_90d", 21.0, "bought on 21 days in the last 90"),
        ("active_days", 1.0, "1 purchase day so far"),
        ("categories_90d", 1.0, "bought 1 category in the last 90 days"),
        ("contacts_30d", 1.0, "contacted 1 time in the last 30 days"),
        (
            "orders_trend",
            1.1,
            "orders in the last 30 days run at 1.1 times the pace of the last 90",
        ),
    ],
)
def test_one_is_singular(name: str, value: float, said: str) -> None:
    assert FEATURES[name].say(value, None, "en") == said


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("spend_30d", 1234.5, "1,234.50"),
        ("discount_share_90d", 0.183, "18 %"),
        ("recency_days", 3.26, "3.3"),
        ("orders_30d", 4.0, "4"),
        ("gap_ratio", 2.345, "2.3"),
        ("nps_last", 9.0, "9.0"),
    ],
)
def test_numbers_are_written_as_their_unit_is(name: str, value: float, written: str) -> None:
    assert FEATURES[name].written(value) == written
