"""What a lead says about itself."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from features.errors import ContractError
from features.transforms.leads import own_features

MOMENT = datetime(2017, 10, 4, 15, 30, tzinfo=UTC)  # a Wednesday


def test_time_source_and_attributes_become_columns() -> None:
    leads = pd.DataFrame(
        {
            "lead_id": ["x"],
            "created_at": [MOMENT],
            "source": ["campaign"],
            "campaign_id": ["13"],
            "ad_group": ["g"],
            "attributes": ['{"duration_days": 30, "campaign_type": "Type A"}'],
        }
    )
    [row] = own_features(leads).to_dict("records")
    assert row == {
        "lead_hour": 15.0,
        "lead_weekday": 2.0,
        "lead_attributes": 2.0,
        "lead_completeness": 5 / 9,
        "lead_source": "campaign",
        "lead_medium": None,
        "lead_region": None,
        "attr_campaign_type": "Type A",
        "attr_duration_days": 30.0,
    }


def test_hour_and_weekday_are_local() -> None:
    evening = pd.DataFrame({"created_at": [MOMENT.replace(hour=20)]})
    [row] = own_features(evening, zone="Asia/Shanghai").to_dict("records")
    assert (row["lead_hour"], row["lead_weekday"]) == (4.0, 3.0)


def test_a_key_without_a_value_makes_a_lead_less_complete() -> None:
    told = [{"a": 1, "b": "x"}, {"a": 1, "b": None}, {"a": 1, "b": ""}, {"a": 1}]
    own = own_features(pd.DataFrame({"source": "web", "attributes": told}))
    assert own["lead_attributes"].tolist() == [2.0, 1.0, 1.0, 1.0]
    assert own["lead_completeness"].tolist() == [3 / 9, 2 / 9, 2 / 9, 2 / 8]


def test_no_id_of_a_campaign_is_a_feature() -> None:
    leads = pd.DataFrame(
        {"campaign_id": ["13"], "ad_group": ["g"], "creative": ["c"], "lead_id": ["x"]}
    )
    values = own_features(leads).iloc[0].tolist()
    assert not {"13", "g", "c", "x"} & set(map(str, values))


def test_a_stranger_with_attributes_alone_has_features() -> None:
    leads = pd.DataFrame({"attributes": [{"budget": 5, "wants_call": True}]}, index=["here"])
    own = own_features(leads)
    assert list(own.index) == ["here"]
    assert own.loc["here", "attr_budget"] == 5.0
    assert own.loc["here", "attr_wants_call"] == 1.0
    assert pd.isna(own.loc["here", "lead_hour"])


def test_mappings_and_json_text_give_the_same_columns_in_the_same_order() -> None:
    as_text = own_features(pd.DataFrame({"attributes": ['{"b": 1.5, "a": "x"}', "{}"]}))
    as_mapping = own_features(pd.DataFrame({"attributes": [{"a": "x", "b": 1.5}, {}]}))
    pd.testing.assert_frame_equal(as_text, as_mapping)
    assert list(as_text.columns)[-2:] == ["attr_a", "attr_b"]


def test_an_attribute_missing_in_one_lead_is_missing_and_not_zero() -> None:
    own = own_features(pd.DataFrame({"attributes": [{"n": 1, "t": "x"}, None]}))
    assert own["attr_n"].dtype == "float64"
    assert pd.isna(own["attr_n"].iloc[1])
    assert own["attr_t"].iloc[1] is None


def test_an_attribute_that_is_a_number_here_and_a_word_there_is_text() -> None:
    own = own_features(pd.DataFrame({"attributes": [{"n": 1}, {"n": "many"}]}))
    assert own["attr_n"].tolist() == ["1", "many"]


def test_no_leads_give_no_rows() -> None:
    assert own_features(pd.DataFrame({"created_at": [], "attributes": []})).empty


@pytest.mark.parametrize("bad", ["{not json", "[1, 2]"])
def test_attributes_that_are_no_object_are_refused_with_advice(bad: str) -> None:
    with pytest.raises(ContractError, match="JSON object"):
        own_features(pd.DataFrame({"attributes": [bad]}))
