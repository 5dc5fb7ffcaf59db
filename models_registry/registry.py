"""The only MLflow client: keeps every version, and which of them is the champion."""

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import StateError
from models_registry import tracking
from models_registry.bundle import Bundle
from models_registry.errors import (
    BundleError,
    NoChampionError,
    NoPreviousChampionError,
    UnknownModelError,
)
from models_registry.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

CHAMPION = "champion"
_BUNDLE = "bundle"  # what this project loads
_BOOSTER = "booster"  # the same trees as a plain MLflow model, for a data scientist
_PREVIOUS = "previous_champion"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Version:
    """One registered version of a model."""

    model: str
    version: str
    is_champion: bool
    created_at: datetime
    metrics: dict[str, float]


class Registry:
    """Models by name and version.

    Parameters
    ----------
    settings
        Where MLflow is. Nothing is opened before the first call; opening the embedded store for
        the first time ever creates its tables, which takes seconds.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def log(
        self,
        bundle: Bundle,
        *,
        metrics: Mapping[str, float],
        params: Mapping[str, object],
        lineage: Mapping[str, str],
        texts: Mapping[str, str] | None = None,
    ) -> str:
        """Store a trained bundle as a new version of its model and return the version.

        Parameters
        ----------
        metrics, params
            What the run measured and was told.
        lineage
            Where it comes from: data fingerprint, cutoffs, code version; stored as tags.
        texts
            File name -> content, kept beside the bundle (the gate's report, the configuration).
        """
        model = bundle.meta.model
        if not _NAME.fullmatch(model):
            raise UnknownModelError("This cannot name a model", where=model)
        run = self._client.create_run(self._experiment(model), tags=dict(lineage))
        with self._ending(run.info.run_id), tempfile.TemporaryDirectory() as temporary:
            for name, value in params.items():
                self._client.log_param(run.info.run_id, name, value)
            for name, value in metrics.items():
                self._client.log_metric(run.info.run_id, name, value)
            for name, text in (texts or {}).items():
                self._client.log_text(run.info.run_id, text, name)
            bundle.save(Path(temporary, _BUNDLE))
            tracking.save_booster(bundle, Path(temporary, _BOOSTER))
            self._client.log_artifacts(run.info.run_id, temporary)
            return self._register(model, run.info.run_id, run.info.artifact_uri, lineage)

    def promote(self, model: str, version: str, reason: str) -> None:
        """Make `version` the champion; the reason and the champion before it become its tags.

        Raises
        ------
        UnknownModelError
            If there is no such model or version.
        """
        self._version(model, version)
        previous = str(self._registered(model).aliases.get(CHAMPION, ""))
        if previous != version:
            self._client.set_model_version_tag(model, version, _PREVIOUS, previous)
        self._client.set_model_version_tag(model, version, "promoted_because", reason)
        self._client.set_registered_model_alias(model, CHAMPION, version)

    def rollback(self, model: str) -> str:
        """Make the champion before this one the champion again and return its version.

        Raises
        ------
        NoPreviousChampionError
            If the champion is the first one.
        """
        current = self.champion_version(model)
        previous = self._version(model, current).tags.get(_PREVIOUS)
        if not previous:
            raise NoPreviousChampionError(
                f"Version {current} is the first champion of {model}",
                where=model,
                todo="Choose one of `shuke models list` and promote it.",
            )
        self._client.set_model_version_tag(model, current, "rolled_back_to", previous)
        self._client.set_registered_model_alias(model, CHAMPION, previous)
        return str(previous)

    def champion(self, model: str) -> Bundle:
        """Return the promoted version of a model.

        Raises
        ------
        UnknownModelError, NoChampionError, BundleError
        """
        return self.load(model, self.champion_version(model))

    def champion_version(self, model: str) -> str:
        """Return the number of the promoted version of a model."""
        version = self._registered(model).aliases.get(CHAMPION)
        if version is None:
            raise NoChampionError(
                f"No version of {model} is the champion",
                where=model,
                todo=f"Run `shuke train {model}`. If its gate refused it, it says why; "
                "`shuke models promote` takes a version all the same.",
            )
        return str(version)

    def load(self, model: str, version: str) -> Bundle:
        """Return one version, from the local copy if there is one.

        A damaged copy is fetched again; BundleError if the original is damaged too.
        """
        if not (_NAME.fullmatch(model) and version.isdecimal()):
            raise UnknownModelError(f"{model} has no version {version}", where=model)
        folder = self._settings.cache_dir / model / version
        try:
            return Bundle.load(folder).registered(version)
        except BundleError:
            self._fetch(self._version(model, version), folder)
        return Bundle.load(folder).registered(version)

    def text(self, model: str, version: str, name: str) -> str:
        """Return a text kept beside one version.

        Raises
        ------
        UnknownModelError
            If there is no such model or version.
        StateError
            If nothing of this name was kept with it.
        """
        run_id = self._version(model, version).run_id
        if name not in {kept.path for kept in self._client.list_artifacts(run_id)}:
            raise StateError(
                f"Version {version} of {model} has no {name}",
                where=model,
                todo=f"It was trained before these were kept: run `shuke train {model} --fresh`.",
            )
        with tempfile.TemporaryDirectory() as temporary:
            fetched = self._client.download_artifacts(run_id, name, temporary)
            return Path(fetched).read_text("utf-8")

    def versions(self, model: str) -> list[Version]:
        """Return all versions of a model, the newest first."""
        champion = str(self._registered(model).aliases.get(CHAMPION))
        return [
            Version(
                model=model,
                version=version,
                is_champion=version == champion,
                created_at=datetime.fromtimestamp(one.creation_timestamp / 1000, UTC),
                metrics=dict(self._client.get_run(one.run_id).data.metrics),
            )
            for version, one in sorted(self._versions(model).items(), key=_number, reverse=True)
        ]

    def models(self) -> list[str]:
        """Return the names of all models that have a version."""
        return sorted(self._all())

    @cached_property
    def _client(self) -> "MlflowClient":
        return tracking.connect(self._settings)

    def _experiment(self, model: str) -> str:
        found = self._client.get_experiment_by_name(model)
        if found is not None:
            return str(found.experiment_id)
        place = tracking.artifact_place(self._settings, model)
        return str(self._client.create_experiment(model, artifact_location=place))

    @contextmanager
    def _ending(self, run_id: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._client.set_terminated(run_id, "FAILED")
            raise
        self._client.set_terminated(run_id, "FINISHED")

    def _register(self, model: str, run_id: str, artifacts: str, lineage: Mapping[str, str]) -> str:
        if model not in self.models():
            self._client.create_registered_model(model)
        version = self._client.create_model_version(
            model, f"{artifacts}/{_BOOSTER}", run_id, tags=dict(lineage)
        )
        return str(version.version)

    def _all(self) -> "dict[str, RegisteredModel]":
        return {one.name: one for one in self._client.search_registered_models()}

    def _registered(self, model: str) -> "RegisteredModel":
        known = self._all()
        if model not in known:
            raise UnknownModelError(
                "There is no model of this name",
                where=model,
                todo=f"Known: {', '.join(sorted(known)) or 'none'}. "
                "A new one comes from `shuke train <model>`.",
            )
        return known[model]

    def _versions(self, model: str) -> "dict[str, ModelVersion]":
        self._registered(model)
        found = self._client.search_model_versions(f"name = '{model}'")
        return {str(one.version): one for one in found}

    def _version(self, model: str, version: str) -> "ModelVersion":
        known = self._versions(model)
        if version not in known:
            raise UnknownModelError(
                f"{model} has no version {version}",
                where=model,
                todo=f"Known: {', '.join(sorted(known, key=int))}.",
            )
        return known[version]

    def _fetch(self, version: "ModelVersion", folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as temporary:
            self._client.download_artifacts(version.run_id, _BUNDLE, temporary)
            shutil.rmtree(folder, ignore_errors=True)
            Path(temporary, _BUNDLE).replace(folder)


def _number(item: "tuple[str, ModelVersion]") -> int:
    return int(item[0])
