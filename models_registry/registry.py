"""Keeps every version of every model; with `roles` and `tracking` the only MLflow client."""

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import StateError, is_no_room
from models_registry import tracking
from models_registry.bundle import Bundle
from models_registry.errors import BundleError, UnknownModelError
from models_registry.roles import Roles

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

_BUNDLE = "bundle"  # what this project loads
_BOOSTER = "booster"  # the same trees as a plain MLflow model, for a data scientist
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class Registry(Roles):
    """Models by name and version: what `Roles` says of them, and the models themselves."""

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
            Where it comes from: data fingerprint, cutoffs, code version; stored as tags. `gate`
            tells the gate's verdict, `family` what other models were read off the same run.
        texts
            File name -> content, kept beside the bundle (the gate's report, the configuration).
        """
        model = bundle.meta.model
        if not _NAME.fullmatch(model):
            raise UnknownModelError("This cannot name a model", where=model)
        run = self._mlflow.create_run(self._experiment(model), tags=dict(lineage))
        with self._ending(run.info.run_id), tempfile.TemporaryDirectory() as temporary:
            for name, value in params.items():
                self._mlflow.log_param(run.info.run_id, name, value)
            for name, value in metrics.items():
                self._mlflow.log_metric(run.info.run_id, name, value)
            for name, text in (texts or {}).items():
                self._mlflow.log_text(run.info.run_id, text, name)
            bundle.save(Path(temporary, _BUNDLE))
            if not bundle.by_rule:
                tracking.save_booster(bundle, Path(temporary, _BOOSTER))
            self._mlflow.log_artifacts(run.info.run_id, temporary)
            source = f"{run.info.artifact_uri}/{_BUNDLE if bundle.by_rule else _BOOSTER}"
            return self._register(model, run.info.run_id, source, lineage)

    def champion(self, model: str) -> Bundle:
        """Return the promoted version of a model.

        Raises
        ------
        UnknownModelError, NoChampionError, BundleError
        """
        return self.load(model, self.champion_version(model))

    def load(self, model: str, version: str) -> Bundle:
        """Return one version, from the local copy if there is one.

        A damaged copy is fetched again.

        Raises
        ------
        UnknownModelError
            There is no such model or version.
        BundleError
            The original is damaged too, or gone.
        RegistryAwayError
            There is no copy, and the registry does not answer.
        """
        if not (_NAME.fullmatch(model) and version.isdecimal()):
            raise UnknownModelError(f"{model} has no version {version}", where=model)
        folder = self._settings.cache_dir / model / version
        try:
            return Bundle.load(folder).registered(version)
        except BundleError:
            with tracking.asking(self._settings):
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
        if name not in {kept.path for kept in self._mlflow.list_artifacts(run_id)}:
            raise StateError(
                f"Version {version} of {model} has no {name}",
                where=model,
                todo=f"It was trained before these were kept: run `shuke train {model} --fresh`.",
            )
        with tempfile.TemporaryDirectory() as temporary:
            fetched = self._mlflow.download_artifacts(run_id, name, temporary)
            return Path(fetched).read_text("utf-8")

    @cached_property
    def _mlflow(self) -> "MlflowClient":
        # Roles are asked for without it: a service whose models lie here need not import MLflow.
        return tracking.connect(self._settings)

    def _experiment(self, model: str) -> str:
        found = self._mlflow.get_experiment_by_name(model)
        if found is not None:
            return str(found.experiment_id)
        place = tracking.artifact_place(self._settings, model)
        return str(self._mlflow.create_experiment(model, artifact_location=place))

    @contextmanager
    def _ending(self, run_id: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._mlflow.set_terminated(run_id, "FAILED")
            raise
        self._mlflow.set_terminated(run_id, "FINISHED")

    def _register(self, model: str, run_id: str, source: str, lineage: Mapping[str, str]) -> str:
        if model not in self.models():
            self._mlflow.create_registered_model(model)
        version = self._mlflow.create_model_version(model, source, run_id, tags=dict(lineage))
        return str(version.version)

    def _fetch(self, version: "ModelVersion", folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as temporary:
            try:
                self._mlflow.download_artifacts(version.run_id, _BUNDLE, temporary)
            except Exception as error:
                if tracking.is_away(error) or is_no_room(error):
                    raise
                raise BundleError(
                    f"The files of version {version.version} are not in the registry",
                    where=f"{version.name}: {error}",
                    todo="Promote another version, or train it again.",
                ) from error
            shutil.rmtree(folder, ignore_errors=True)
            Path(temporary, _BUNDLE).replace(folder)
