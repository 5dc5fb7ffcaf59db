"""The card of a model just trained and measured."""

import hashlib
import platform
from importlib.metadata import version

import numpy as np
import pandas as pd

from features.clock import utc
from models_registry.bundle import Bundle
from training.cards.calibrated import bins
from training.cards.card import Card, Part, Slice, all_known
from training.cards.groups import people
from training.cards.importance import dependences, explained, uses
from training.cards.intervals import RESAMPLING, measured
from training.cards.limits import limits, without_values
from training.cards.meaning import MARGINS, Meaning, bound, meaning_of
from training.config import ModelConfig, flat
from training.dataset import PARTS, Dataset
from training.evaluate import Evaluation
from training.gate import Verdict
from training.metrics import right_values
from training.pipelines.base import inside, whose

LIBRARIES = ("lightgbm", "numpy", "pandas", "scikit-learn")


def build_card(
    bundle: Bundle, dataset: Dataset, evaluation: Evaluation, verdict: Verdict, config: ModelConfig
) -> Card:
    """Return the card of a trained model.

    Parameters
    ----------
    dataset
        What it was fitted and measured on; its rows go into sums and means alone.
    """
    meta, meaning = bundle.meta, meaning_of(config)
    parts = tuple(
        _part(name, getattr(dataset, name), bundle, meaning)
        for name in PARTS
        if len(getattr(dataset, name))
    )
    judged = inside(dataset.valid, meta.population)
    found = explained(bundle, judged, whose(judged))
    ranked = uses(bundle, found)
    metrics = measured(evaluation, meta.kind, right_values(meta.interval_level))
    sliced = tuple(
        Slice(
            name,
            int(measures["rows"]),
            all_known({metric: x for metric, x in measures.items() if metric != "rows"}),
        )
        for name, measures in evaluation.slices.items()
    )
    calibration, allowed = bins(meta.kind, evaluation, config.gate)
    lineage = dict(dataset.lineage)
    return Card(
        model=meta.model,
        pipeline=config.pipeline,
        kind=meta.kind,
        trained_at=meta.trained_at,
        trained_as_of=meta.trained_as_of,
        purpose=meaning.purpose,
        population=tuple(bound(one) for one in meta.population),
        outcome=meaning.outcome,
        margin=MARGINS[meta.kind],
        split=meaning.split,
        parts=parts,
        features=ranked,
        explained=len(found.frame),
        dependence=dependences(bundle, found, ranked),
        rows=evaluation.rows,
        rows_digest=rows_digest(inside(dataset.test, meta.population), meaning.label),
        metrics=metrics,
        level=RESAMPLING.level,
        slices=sliced,
        calibration=calibration,
        allowed=allowed,
        limits=limits(
            meaning,
            parts,
            metrics,
            sliced,
            calibration,
            without_values(dataset.known, meta.features),
            windows_apart=lineage.get("windows_apart") != "false",
        ),
        passed=verdict.passed,
        gate=verdict.reasons,
        command=f"shuke train {config.model} --fresh",
        reproduce={
            "seed": str(config.boosting.seed),
            **{name: said for name, said in lineage.items() if not name.startswith("rows.")},
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        config=flat(config),
    )


def rows_digest(frame: pd.DataFrame, label: str) -> str:
    """Return a digest of who was measured, when, and what happened; the order does not matter."""
    told = frame[["as_of", label]].assign(who=frame.get("lead_id", frame["customer_id"]))
    hashes = pd.util.hash_pandas_object(told, index=False).to_numpy(np.uint64)
    return hashlib.sha256(np.sort(hashes).tobytes()).hexdigest()[:16]


def _part(name: str, frame: pd.DataFrame, bundle: Bundle, meaning: Meaning) -> Part:
    judged = inside(frame, bundle.meta.population)
    return Part(
        name=name,
        first=utc(frame["as_of"].min().to_pydatetime()),
        last=utc(frame["as_of"].max().to_pydatetime()),
        rows=len(frame),
        judged=len(judged),
        people=people(whose(judged)),
        outcome=float(judged[meaning.label].mean()) if len(judged) else None,
    )
