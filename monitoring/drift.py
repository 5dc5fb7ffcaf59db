"""Whether those scored today still look like those learnt from; the only Evidently client.

Importing Evidently takes seconds, so it happens inside the one function that runs it.
"""

import html
import os
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from features.lake.lake import Lake
from features.store import Store
from models_registry.registry import Registry
from models_registry.score_log import ScoreLog
from monitoring.columns import aligned, comparable, moved, require, sampled
from monitoring.populations import SCORE, populations
from monitoring.reports import as_json, write
from monitoring.settings import Settings
from monitoring.verdict import DriftPolicy, DriftSummary, decide, too_few

__all__ = ["DriftPolicy", "DriftSummary", "compare", "compared", "drift", "page"]


def drift(
    model: str,
    *,
    lake: Lake,
    store: Store,
    registry: Registry,
    score_log: ScoreLog,
    settings: Settings,
    as_of: datetime | None = None,
    policy: DriftPolicy | None = None,
) -> DriftSummary:
    """Compare a batch of scores with what its model learnt from, and write the reports.

    A December will differ from the autumn it is compared with: the summary says which inputs
    moved and by how much, and whether the season explains that is for a person to say.

    Parameters
    ----------
    as_of
        The batch; the newest one without it.

    Returns
    -------
    DriftSummary
        With the files written: `drift-<model>-<as_of>.json`, and `.html` unless nothing could be
        compared.

    Raises
    ------
    ScoresMissingError
        No such batch was ever scored.
    """
    policy = policy or DriftPolicy()
    both = populations(
        model,
        lake=lake,
        store=store,
        registry=registry,
        score_log=score_log,
        as_of=as_of,
        policy=policy,
    )
    found = compared(both.reference, both.current, columns=both.columns, policy=policy, score=SCORE)
    html_file, json_file = (
        settings.report("drift", model, both.as_of, suffix) for suffix in (".html", ".json")
    )
    summary = replace(
        found.summary,
        model=model,
        reason=f"{both.title}: {found.summary.reason}",
        html=None if found.snapshot is None else html_file,
        json=json_file,
    )
    if found.snapshot is not None:
        write(html_file, page(summary, found.snapshot))
    write(json_file, as_json(both.about | asdict(summary)))
    return summary


@dataclass(frozen=True, slots=True)
class Comparison:
    """A summary and Evidently's own result behind it; None where nothing could be compared."""

    summary: DriftSummary
    snapshot: Any


def compare(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    *,
    columns: Sequence[str],
    policy: DriftPolicy,
    score: str | None = None,
) -> DriftSummary:
    """Compare two populations column by column.

    Parameters
    ----------
    reference, current
        One row per customer or lead, any index. Numeric columns are compared as numbers, all
        others as categories; missing values are left out and their share is compared beside.
    columns
        The inputs to compare, at least one.
    score
        The column of the model's output, judged separately.

    Raises
    ------
    InputError
        A column is not in one of the frames, or holds text where the reference holds numbers.
    """
    return compared(reference, current, columns=columns, policy=policy, score=score).summary


def compared(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    *,
    columns: Sequence[str],
    policy: DriftPolicy,
    score: str | None = None,
) -> Comparison:
    """Do as `compare` does and keep what a page is drawn from."""
    require(columns, reference, "the reference population")
    names = [*columns, *([score] if score is not None else [])]
    require(names, reference, "the reference population")
    require(names, current, "the current population")
    early = too_few(len(reference), len(current), policy)
    if early is not None:
        return Comparison(early, None)
    before, after = aligned(sampled(reference, policy), sampled(current, policy), names)
    sized = policy.at_size(len(before), len(after))
    snapshot = _evidently(before, after, sized)
    distances = {} if snapshot is None else _distances(snapshot)
    by_name = {name: moved(before[name], after[name], distances, sized) for name in names}
    summary = decide(
        [by_name[name] for name in columns],
        None if score is None else by_name[score],
        reference_rows=len(reference),
        current_rows=len(current),
        policy=policy,
    )
    return Comparison(summary, snapshot)


def page(summary: DriftSummary, snapshot: Any) -> str:
    """Return one self-contained HTML text, 4 to 8 MB: our verdict on top of Evidently's page.

    Evidently's own verdict knows nothing of missing shares, so ours comes first.
    """
    verdict = html.escape(f"{summary.verdict}: {summary.reason}")
    style = "font: 16px/1.5 sans-serif; margin: 0; padding: 16px 24px; background: #f3f4f6"
    banner = f'<body><p id="verdict" style="{style}">{verdict}</p>'
    return str(snapshot.get_html_str(as_iframe=False)).replace("<body>", banner, 1)


def _evidently(before: pd.DataFrame, after: pd.DataFrame, policy: DriftPolicy) -> Any:
    names = [name for name in before.columns if comparable(before[name], after[name])]
    if not names:
        return None
    os.environ.setdefault("DO_NOT_TRACK", "1")
    with warnings.catch_warnings():
        # Evidently imports names its own dependencies deprecate, and correlates each column with
        # all others, which numpy warns of where one is constant. Neither is ours to act on.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset

        numbers = [name for name in names if before[name].dtype == np.float64]
        definition = DataDefinition(
            numerical_columns=numbers,
            categorical_columns=[name for name in names if name not in numbers],
        )
        preset = DataDriftPreset(
            columns=names,
            num_method=policy.number_test,
            num_threshold=policy.number_threshold,
            cat_method=policy.category_test,
            cat_threshold=policy.category_threshold,
            drift_share=policy.drift_share,
            include_tests=False,
        )
        return Report([preset]).run(
            Dataset.from_pandas(after[names], definition),
            Dataset.from_pandas(before[names], definition),
        )


def _distances(snapshot: Any) -> dict[str, float]:
    metrics = snapshot.dict()["metrics"]
    return {
        metric["config"]["column"]: float(metric["value"])
        for metric in metrics
        if "column" in metric["config"]
    }
