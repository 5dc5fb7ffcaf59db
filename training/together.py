"""Models of one family, measured each on its own horizon: logged, and promoted as one."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from models_registry.bundle import Bundle
from models_registry.registry import Registry
from models_registry.version import FAILED, FAMILY, GATE, PASSED
from training import config as configs
from training.cards.build import build_card
from training.cards.page import documents
from training.challenge import champion_of
from training.config import ModelConfig
from training.dataset import Dataset
from training.evaluate import Evaluation
from training.gate import Verdict


@dataclass(frozen=True, eq=False)
class Measured:
    """One model, fitted and measured.

    Attributes
    ----------
    bundle
        What is registered; with a family, it has the family's newest curve.
    evaluation
        Of the fit that had not seen the test; without rows where no test was possible.
    """

    config: ModelConfig
    dataset: Dataset
    bundle: Bundle
    evaluation: Evaluation
    verdict: Verdict


def register(
    found: Sequence[Measured], registry: Registry, texts: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Log every model, promote those that may be, and return the versions by model.

    What one training found goes together, whatever rung each model stands on: champions read off
    different trainings may contradict each other, so where one of them fails and has a champion
    to keep, all keep theirs.

    Parameters
    ----------
    texts
        Further texts to keep with every version, by file name.
    """
    together = _promoted_together(found, registry)
    family = _family(together)
    versions = {
        one.config.model: _log(one, family if one in together else "", registry, texts or {})
        for one in found
    }
    if together and all(one.verdict.passed for one in together):
        # The others of its family follow the one that is named.
        first = together[0]
        model = first.config.model
        registry.promote(model, versions[model], "; ".join(first.verdict.reasons))
    return versions


def _promoted_together(found: Sequence[Measured], registry: Registry) -> list[Measured]:
    failed = [one for one in found if not one.verdict.passed]
    if any(champion_of(registry, one.config.model) for one in failed):
        return list(found)
    return [one for one in found if one.verdict.passed]


def _family(found: Sequence[Measured]) -> str:
    if len(found) < 2:
        return ""
    keys = "\n".join(one.bundle.meta.data_fingerprint for one in found)
    return hashlib.sha256(keys.encode()).hexdigest()[:16]


def _log(one: Measured, family: str, registry: Registry, texts: Mapping[str, str]) -> str:
    verdict, said = one.verdict, dict(one.dataset.lineage)
    card = build_card(one.bundle, one.dataset, one.evaluation, verdict, one.config)
    return registry.log(
        replace(one.bundle, meta=replace(one.bundle.meta, family=family)),
        metrics=one.evaluation.flat(),
        params=configs.flat(one.config),
        lineage={**said, GATE: PASSED if verdict.passed else FAILED, FAMILY: family},
        texts={
            "evaluation.md": one.evaluation.text(),
            "gate.md": verdict.text(),
            **documents(card),
            **texts,
        },
    )
