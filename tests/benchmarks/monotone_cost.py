"""What it costs that longer silence never lowers churn: the models with and without the rule.

Run it with `python -m tests.benchmarks.monotone_cost`; SHUKE_BENCH_HOME keeps lakes and features.
The horizon stays constrained on both sides: without that, readings of one curve would disagree.
"""

import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

import pandas as pd

from tests.benchmarks.models import JOURNEY_END, PLAN
from tests.benchmarks.models_bootstrap import OURS, Columns, Resampling, estimates, judged
from tests.benchmarks.models_case import interval
from tests.benchmarks.models_rolling import Fitted, back, identity, rolling, say
from tests.benchmarks.models_shops import ACTIVE, Shop, journey_shop
from training import config as configs
from training.cards.weighted import Weighed, amount, probability
from training.config import ChurnConfig, ClvConfig
from training.pipelines.churn import LABEL as CHURNED
from training.pipelines.clv import LABEL as SPEND
from training.survival import HORIZON

FREE = "without"
Config = ChurnConfig | ClvConfig
MEASURES: dict[str, dict[str, int]] = {
    "probability": {"auc": 4, "average_precision": 4},
    "amount": {"mae": 2, "spearman": 4},
}


def main() -> None:
    """Measure and print."""
    kept = os.environ.get("SHUKE_BENCH_HOME")
    folder = Path(kept or mkdtemp(prefix="shuke-bench-"))
    shop = journey_shop(folder)
    out = sys.stdout
    out.write("| model | | with | without | with is better by |\n|---|---|---|---|---|\n")
    for name, tests in (("churn_28d", PLAN.short_tests), ("churn_60d", PLAN.tests), ("clv_90d", 3)):
        config = configs.load(name)
        assert isinstance(config, ChurnConfig | ClvConfig)
        for line in _lines(shop, config, back(JOURNEY_END, tests, PLAN.days_apart), folder):
            out.write(line + "\n")


def unconstrained(config: Config) -> Config:
    """Return the configuration without directions, but that of the horizon."""
    kept = {name: way for name, way in config.boosting.monotone.items() if name == HORIZON}
    return config.model_copy(
        update={"boosting": config.boosting.model_copy(update={"monotone": kept})}
    )


def _lines(shop: Shop, config: Config, todays: Sequence[datetime], folder: Path) -> list[str]:
    kind = "probability" if isinstance(config, ChurnConfig) else "amount"
    label = CHURNED if kind == "probability" else SPEND
    kept, free = folder / "monotone", unconstrained(config)
    ours = rolling(shop, config, todays, _said(label), kept)
    theirs = rolling(shop, free, todays, _said(label), kept)
    assert (ours["customer"] == theirs["customer"]).all()
    rows = ours.assign(**{FREE: theirs[OURS]})
    say(f"{config.model}: draws of customers")
    found = estimates(rows, _prepared(kind), Resampling())
    return [
        f"| {config.model} | {measure} | {interval(found.of(OURS, measure), digits)} | "
        f"{found.of(FREE, measure).value:.{digits}f} | "
        f"{interval(found.gain(measure, FREE), digits, '+')} |"
        for measure, digits in MEASURES[kind].items()
    ]


def _said(label: str) -> Callable[[Fitted], pd.DataFrame]:
    def said(fitted: Fitted) -> pd.DataFrame:
        test = ACTIVE.of(fitted.dataset.test)
        value = fitted.bundle.predict(test)["value"]
        return identity(test).assign(**{"happened": test[label], OURS: value})

    return said


def _prepared(kind: str) -> Callable[[Columns], dict[str, Weighed]]:
    weigh = probability if kind == "probability" else amount
    return lambda columns: judged(columns, "happened", weigh, lambda _: MEASURES[kind])


if __name__ == "__main__":
    main()
