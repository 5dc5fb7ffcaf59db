"""Two builds from the same data agree to the last bit, so that models can be trained again."""

import shutil
from datetime import timedelta
from pathlib import Path

import pandas as pd

from features.lake.complete_journey import import_complete_journey
from features.lake.lake import Lake
from features.settings import Settings
from features.store import Store

SERVICE = "churn_28d_v1"


def built(lake_dir: Path, home: Path) -> pd.DataFrame:
    """Return all features of every customer at three moments, under the default settings."""
    shutil.copytree(lake_dir, home / "lake")
    settings = Settings(home=home)
    lake = Lake(settings.lake_dir, settings.threads)
    store, today = Store(settings, lake), lake.today()
    moments = [today - timedelta(days=90 * place) for place in range(3)]
    store.build(moments, service=SERVICE)
    asked = [(customer, moment) for moment in moments for customer in store.customers(moment)]
    return store.history(SERVICE, pd.DataFrame(asked, columns=["customer_id", "as_of"]))


def test_every_feature_is_the_same_to_the_last_bit(tmp_path: Path) -> None:
    # All households: a small lake is summed in one piece, whatever the number of threads.
    import_complete_journey(Lake(tmp_path / "lake"))
    one, other = (built(tmp_path / "lake", tmp_path / name) for name in ("one", "other"))
    pd.testing.assert_frame_equal(one, other, check_exact=True)
