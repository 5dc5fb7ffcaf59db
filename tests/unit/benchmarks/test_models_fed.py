from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.lake.lake import frame_fingerprint
from tests.benchmarks.models_btyd import PYTHON, Btyd, histories
from tests.benchmarks.models_fed import ALIVE, FOR_CHURN, PURCHASES, feed, reading
from tests.benchmarks.models_shops import Shop, cdnow_lines
from training import config as configs
from training.config import ChurnConfig
from training.dataset import only_train

EARLY, LATE = (datetime(1997, month, 1, tzinfo=UTC) for month in (8, 11))


@pytest.mark.skipif(not PYTHON.exists(), reason="`make .venv-btyd/ready` was not run")
def test_each_row_is_told_what_was_expected_at_its_own_cutoff(tmp_path: Path) -> None:
    btyd, shop = Btyd(tmp_path), Shop("CDNOW", tmp_path / "cdnow")
    lines = cdnow_lines(btyd.cdnow())
    lines = lines[lines["customer_id"] < "00500"]
    shop.lake.append("order_lines", [lines], source="cdnow", fingerprint=frame_fingerprint(lines))
    who = shop.days["customer_id"].unique()[:50]
    rows = pd.DataFrame({"customer_id": [*who, "stranger"] * 2})
    rows = rows.assign(as_of=pd.to_datetime([EARLY] * 51 + [LATE] * 51), orders=1.0)
    fed = feed(btyd, 90, FOR_CHURN)(shop, only_train(rows, ["orders"]))
    assert fed.features == ("orders", PURCHASES, ALIVE)
    assert fed.spells is None
    assert fed.train["customer_id"].tolist() == rows["customer_id"].tolist()
    for place, cutoff in enumerate((EARLY, LATE)):
        told = btyd.ask(histories(shop.days, cutoff), [90.0]).set_index("customer")
        mine = fed.train.iloc[51 * place : 51 * place + 50]
        assert np.allclose(mine[PURCHASES], told.loc[who, "bg_purchases"])
        assert np.allclose(mine[ALIVE], told.loc[who, "bg_alive"])
    assert fed.train.loc[fed.train["customer_id"] == "stranger", PURCHASES].isna().all()


def test_the_model_that_reads_them_is_held_to_their_direction_and_is_another_one() -> None:
    config = configs.load("churn_60d")
    assert isinstance(config, ChurnConfig)
    other = reading(config, PURCHASES, -1)
    assert other.boosting.monotone == config.boosting.monotone | {PURCHASES: -1}
    assert configs.digest(other) != configs.digest(config)
