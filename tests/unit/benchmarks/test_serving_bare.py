import numpy as np
import orjson
import pytest

from tests.benchmarks.serving_bare import PATHS, Bare, inputs
from tests.unit.models_registry.small_bundles import churn, customers


@pytest.mark.parametrize("how", PATHS)
def test_the_bare_application_says_what_the_model_says(how: str) -> None:
    bundle, frame = churn(), customers()
    frame = frame[bundle.eligible(frame)]
    bare = Bare(bundle, frame["customer_id"].tolist(), inputs(bundle, bundle.matrix(frame)))
    told = [orjson.loads(bare.answer(PATHS[how] + each)) for each in frame["customer_id"]]
    assert [one["value"] for one in told] == pytest.approx(bundle.predict(frame)["value"].tolist())
    parts = np.array([one.get("contributions", []) for one in told])
    assert parts.shape[1] == (0 if how == "plain" else bundle.boosters["main"].num_feature() + 1)
