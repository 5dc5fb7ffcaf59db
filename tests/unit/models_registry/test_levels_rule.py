import pandas as pd
import pytest

from models_registry.calibration import Levels
from models_registry.errors import BundleError


def test_a_lead_that_lacks_the_attribute_gets_the_answer_for_the_unknown() -> None:
    rule = Levels("attr_campaign_type", {"Type A": 0.2}, otherwise=0.1)
    assert rule(pd.DataFrame({"lead_id": ["1", "2"]})).tolist() == [0.1, 0.1]


def test_a_renamed_feature_does_not_pass_for_an_unknown_one() -> None:
    rule = Levels("lead_source", {"API": 0.2}, otherwise=0.1)
    with pytest.raises(BundleError, match="lead_source"):
        rule(pd.DataFrame({"lead_sauce": ["API"]}))
