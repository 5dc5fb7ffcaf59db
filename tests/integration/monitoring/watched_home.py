"""What monitoring reads: a small churn model, registered, and a way to score with it."""

from dataclasses import dataclass
from datetime import UTC, datetime

import lightgbm as lgb
import pandas as pd

from features.lake.lake import Lake
from features.store import Store
from models_registry.bundle import Bundle
from models_registry.calibration import Curve
from models_registry.columns import matrix
from models_registry.judge import judge
from models_registry.meta import Condition, Meta
from models_registry.registry import Registry
from models_registry.score_log import ScoreLog
from monitoring.settings import Settings
from training.labels import outcomes

MODEL, SERVICE, HORIZON = "churn_28d", "churn_28d_v1", 28
LEARNT = datetime(2017, 10, 2, tzinfo=UTC)
MATURED = datetime(2017, 11, 27, tzinfo=UTC)
POPULATION = (Condition("active_days", "at_least", 3.0), Condition("recency_days", "at_most", 90.0))


@dataclass(frozen=True)
class Watched:
    """What monitoring reads, and a way to score into it."""

    lake: Lake
    store: Store
    registry: Registry
    score_log: ScoreLog
    settings: Settings
    bundle: Bundle

    def rows(self, as_of: datetime) -> pd.DataFrame:
        self.store.build([as_of], service=SERVICE)
        asked = pd.DataFrame({"customer_id": self.store.customers(as_of), "as_of": as_of})
        return self.store.history(SERVICE, asked)

    def score(self, rows: pd.DataFrame, as_of: datetime) -> None:
        scores = judge(self.bundle, rows, scored_at=as_of, max_age_days=7)
        version = self.bundle.meta.version
        inputs = rows[self.bundle.inputs]
        assert self.score_log.append_batch(scores, MODEL, version, as_of, inputs)


def small_bundle(rows: pd.DataFrame, lake: Lake, features: list[str]) -> Bundle:
    labels = outcomes(lake.table("order_lines"), [LEARNT], HORIZON).to_pandas()
    churned = rows["customer_id"].map(labels.set_index("customer_id")["churned"])
    plain = {"objective": "binary", "num_leaves": 4, "num_threads": 1, "verbosity": -1, "seed": 1}
    data = lgb.Dataset(matrix(rows, features, {}), churned.to_numpy())
    meta = Meta(
        model=MODEL,
        kind="probability",
        feature_service=SERVICE,
        features=tuple(features),
        trained_at=LEARNT,
        trained_as_of=LEARNT,
        data_fingerprint=lake.fingerprint(),
        horizon_days=HORIZON,
        baseline=Curve("recency_days", (0.0, 60.0), (0.02, 0.6), missing=0.5),
        population=POPULATION,
        link="logit",
    )
    return Bundle(meta, {"main": lgb.train(plain, data, num_boost_round=20)})
