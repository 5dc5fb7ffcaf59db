"""A night of very many customers, and very many leads, as files and rows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from features.clock import naive
from models_registry.score_log import ScoreLog
from models_registry.score_rows import framed
from service.champions import CUSTOMER_MODELS
from service.repository.records import Records
from service.repository.rows import LeadRecord

AS_OF = datetime(2017, 12, 30, tzinfo=UTC)
REASONS = '[{"code":"X","feature":"x","value":1.0,"typical":1.0,"contribution":0.1,'
REASONS += '"direction":"raises","actionable":true,"text":"nothing bought in the last 30 days"}]'


def log_night(log: ScoreLog, customers: int, as_of: datetime = AS_OF) -> None:
    """Log a batch of each customer model in which every customer has a value of their own."""
    rng = np.random.default_rng(7)
    ids = [f"N{number:07d}" for number in range(customers)]
    for model in CUSTOMER_MODELS:
        value = rng.uniform(size=customers) * (1.0 if model.startswith("churn") else 300.0)
        frame = pd.DataFrame(
            {
                "customer_id": ids,
                "model": model,
                "model_version": "1",
                "as_of": naive(as_of),
                "scored_at": naive(as_of),
                "value": value,
                "percentile": pd.Series(value).rank(pct=True) * 100,
                "band": np.where(value > 0.5, "high", "low"),
                "status": "ok",
                "reasons": REASONS if model.startswith("churn") else "[]",
            }
        )
        empty = framed([])
        frame = frame.reindex(columns=empty.columns).astype(empty.dtypes.to_dict())
        file = Path(log.batch_path(model, as_of, "1"))
        file.parent.mkdir(parents=True)
        frame.to_parquet(file, index=False, coerce_timestamps="us")


def add_leads(records: Records, leads: int) -> None:
    """Add leads, each captured a second after the other."""
    with records.transaction() as work:
        for number in range(leads):
            work.leads.add(
                LeadRecord(
                    f"L{number:07d}",
                    AS_OF + timedelta(seconds=number),
                    "web form",
                    store_id=str(number % 7),
                    value=(number * 7919 % 10_007) / 10_007,
                )
            )
