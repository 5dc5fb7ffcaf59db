"""Whether what the models say of one customer can all be true."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from models_registry.bundle import Bundle

CHURN = {"churn_28d": 28.0, "churn_60d": 60.0}
LATER_DAYS = 7.0
TOLERANCE = 1e-9


def contradictions(models: Mapping[str, Bundle], rows: pd.DataFrame) -> dict[str, int]:
    """Return in how many of `rows` each promise is broken; all inside the models' population."""
    timing, value = models["next_purchase"], models["clv_90d"]
    said = timing.predict(rows)
    days, low, high = (said[name].to_numpy() for name in ("value", "low", "high"))
    churn = {name: models[name].predict(rows)["value"].to_numpy() for name in CHURN}
    broken = {
        "quantiles cross": (low > days) | (days > high),
        "the next purchase lies in the past": days <= 0,
        "longer horizon, more churn": churn["churn_60d"] > churn["churn_28d"] + TOLERANCE,
    }
    for name, horizon in CHURN.items():
        silent = timing.silence(rows, [horizon])[:, 0]
        broken[f"{name} is not the silence up to its horizon"] = (
            np.abs(churn[name] - silent) > TOLERANCE
        )
        likely_gone, later = churn[name] > 0.5 + TOLERANCE, days > horizon + TOLERANCE
        broken[f"{name} and the expected day disagree"] = likely_gone != later
    horizon = float(value.meta.horizon_days or 0)
    bought = 1.0 - timing.silence(rows, [horizon])[:, 0]
    broken["fewer purchases than the chance of one"] = value.purchases(rows) < bought - TOLERANCE
    waited = rows.assign(recency_days=rows["recency_days"] + LATER_DAYS)
    inside = timing.eligible(waited)
    later_days = timing.predict(waited)["value"].to_numpy()
    broken["the expected date does not move on with silence"] = inside & (
        later_days < days - TOLERANCE
    )
    return {name: int(np.sum(where)) for name, where in broken.items()}
