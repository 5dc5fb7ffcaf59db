"""From a lake to settings that were searched: what `train` is then given as its configuration."""

from datetime import datetime

from features.clock import utc
from features.lake.lake import Lake
from features.store import Store
from training import config as configs
from training.config import ModelConfig
from training.dataset import Context
from training.space import Search
from training.train import pipeline_of, today_of
from training.trials import Tuned
from training.tune import Progress, tune


def tuned(
    model: str,
    lake: Lake,
    store: Store,
    search: Search,
    progress: Progress | None = None,
    *,
    today: datetime | None = None,
    config: ModelConfig | None = None,
) -> Tuned:
    """Search the settings of one model on the rows it would be trained on.

    The parameters are those of `training.train.train` and `training.tune.tune`.

    Raises
    ------
    EmptyDataError, CutoffError, TableMissingError
        The data are too few or too short.
    """
    config = config or configs.load(model)
    pipeline = pipeline_of(config)
    ctx = Context(lake, store, today_of(lake) if today is None else utc(today))
    if moments := pipeline.moments(lake, ctx.today):
        store.build((), services=moments)
    dataset = pipeline.prepare(ctx)
    return tune(config, dataset, pipeline_of, search, progress=progress)
