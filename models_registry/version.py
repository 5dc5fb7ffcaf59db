"""One registered version, as its tags tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

CHAMPION, CHALLENGER = "champion", "challenger"  # aliases
GATE, FAMILY = "gate", "family"  # tags written by training, as lineage
PASSED, FAILED = "passed", "failed"
PREVIOUS, BECAUSE = "previous_champion", "promoted_because"
PROMOTED_AT, FORCED, ROLLED_BACK = "promoted_at", "promoted_by_force", "rolled_back_to"


@dataclass(frozen=True)
class Version:
    """One registered version of a model.

    Attributes
    ----------
    gate
        "passed", "failed", or "" for a version registered without a verdict.
    promoted_at, promoted_because
        When it was last made champion, and why; None and "" if never.
    forced
        Whether that was by force.
    """

    model: str
    version: str
    is_champion: bool
    created_at: datetime
    metrics: dict[str, float]
    is_challenger: bool = False
    gate: str = ""
    promoted_at: datetime | None = None
    promoted_because: str = ""
    forced: bool = False


def told(
    found: "ModelVersion", aliases: Mapping[str, object], metrics: dict[str, float]
) -> Version:
    """Return what the registry keeps of a version."""
    tags, number = found.tags, str(found.version)
    at = tags.get(PROMOTED_AT)
    return Version(
        model=str(found.name),
        version=number,
        is_champion=str(aliases.get(CHAMPION)) == number,
        created_at=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC),
        metrics=metrics,
        is_challenger=str(aliases.get(CHALLENGER)) == number,
        gate=tags.get(GATE, ""),
        promoted_at=datetime.fromisoformat(at) if at else None,
        promoted_because=tags.get(BECAUSE, ""),
        forced=tags.get(FORCED) == str(True),
    )


def promotion(reason: str, at: datetime, *, forced: bool) -> dict[str, str]:
    """Return the tags that say when a version was made champion, why, and whether by force."""
    return {BECAUSE: reason, PROMOTED_AT: at.isoformat(timespec="seconds"), FORCED: str(forced)}


def families(found: "Mapping[str, Mapping[str, ModelVersion]]") -> dict[str, dict[str, str]]:
    """Return model -> version -> family of the versions found, by model and version."""
    return {
        model: {version: one.tags.get(FAMILY, "") for version, one in versions.items()}
        for model, versions in found.items()
    }
