"""The scoring step of a night on Spark: tasks score and write the log, the night reads it back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from features.store import Store
from models_registry.bundle import Bundle
from models_registry.score_log import ScoreLog
from models_registry.score_rows import INPUT, unflat
from service.scoring import Batch, Clock
from service.spark_scoring import Asked, score_customers


@dataclass(frozen=True)
class SparkNight:
    """Scores everybody of a moment on Spark.

    Attributes
    ----------
    session
        Gives the Spark session; called at the first night.
    """

    store: Store
    score_log: ScoreLog
    session: Callable[[], Any]
    clock: Clock
    max_feature_age_days: float

    def __call__(self, bundle: Bundle, as_of: datetime, top_k: int) -> Batch:
        """Return the scores of every customer with features at `as_of`, logged as one batch.

        A batch of this model version that stands in the log already is read and not made again.
        """
        meta = bundle.meta
        to = self.score_log.batch_path(meta.model, as_of, meta.version)
        is_new = not to.exists()
        if is_new:
            to.parent.mkdir(parents=True, exist_ok=True)
            asked = Asked(self.clock(), self.max_feature_age_days, top_k)
            files = self.store.files(meta.feature_service, as_of)
            score_customers(self.session(), bundle, files, to, asked)
        rows = pd.read_parquet(to).sort_values("customer_id", ignore_index=True)
        given = [name for name in rows.columns if name.startswith(INPUT)]
        inputs = rows[["customer_id", "as_of", *given]].rename(
            columns=lambda name: name.removeprefix(INPUT)
        )
        return Batch([unflat(row) for row in rows.to_dict("records")], inputs, added=is_new)
