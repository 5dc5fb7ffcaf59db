"""Settings searched on a simulated chain, from the lake to a configuration to train with."""

import pandas as pd

from features.lake.lake import Lake
from features.store import Store
from training import config as configs
from training.config import ClvConfig
from training.space import Search
from training.train_tuned import tuned

DAYS = 28  # a year of a young shop holds no test inside the history of a longer horizon


def test_a_search_ends_in_a_configuration_and_stays_before_the_test(
    shop_lake: Lake, shop_store: Store
) -> None:
    config = configs.load("clv_90d")
    assert isinstance(config, ClvConfig)
    windows = config.windows.model_copy(update={"horizon_days": DAYS})
    config = config.model_copy(update={"windows": windows})
    shares: list[float] = []
    search = Search(trials=2, seconds=300, fits=2)
    found = tuned(config.model, shop_lake, shop_store, search, shares.append, config=config)
    assert shares[-1] == 1.0
    assert len(found.attempts) == 2
    assert found.config.model_copy(update={"boosting": config.boosting}) == config
    assert len(found.tests) == 2
    newest = shop_lake.today() - 2 * pd.Timedelta(days=DAYS)
    assert f"to {newest:%Y-%m-%d}, learned from" in found.tests[0]
