"""Versions of models and the roles they have: who is champion, who challenger, who before."""

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from features.clock import now
from features.errors import InputError
from models_registry import tracking
from models_registry.errors import (
    FamilyTornError,
    GateNotPassedError,
    NoChampionError,
    NoPreviousChampionError,
    UnknownModelError,
)
from models_registry.families import Champions, Named, Standing, Versions, siblings, torn
from models_registry.settings import Settings
from models_registry.version import (
    CHALLENGER,
    CHAMPION,
    GATE,
    PASSED,
    PREVIOUS,
    ROLLED_BACK,
    Version,
    families,
    promotion,
    told,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

    from models_registry.quick import QuickClient


class Roles:
    """Who among the registered versions is what. Reads and moves names, never a model's files.

    Does without importing MLflow where it can, which takes seconds.

    Parameters
    ----------
    settings
        Where MLflow is. Nothing is opened before the first call; opening the embedded store for
        the first time ever creates its tables, which takes seconds.
    clock
        Tells when a version was promoted.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime] = now) -> None:
        self._settings = settings
        self._clock = clock

    def require_passed(self, model: str, version: str) -> None:
        """Refuse a version that did not pass its gate, or was read off one run with such a one.

        Raises
        ------
        UnknownModelError
            If there is no such model or version.
        GateNotPassedError
        """
        found, moves = self._together(model, version)
        verdicts = {
            name: found[name][number].tags.get(GATE, "unknown") for name, number in moves.items()
        }
        refused = {name: said for name, said in verdicts.items() if said != PASSED}
        if refused:
            raise GateNotPassedError(
                f"The gate of {_listed({name: moves[name] for name in refused})} is not passed",
                where=", ".join(f"{name}: {said}" for name, said in refused.items()),
                todo="`shuke models card` says why; --force --reason takes it all the same.",
            )

    def promote(
        self, model: str, version: str, reason: str, *, forced: bool = False
    ) -> dict[str, str]:
        """Make `version` the champion, and with it whatever was read off the same run.

        Reason, moment and the champion before become tags of each.

        Returns
        -------
        dict
            Model -> version that is champion now.

        Raises
        ------
        UnknownModelError
            If there is no such model or version.
        FamilyTornError
            If other models would stay behind that belong to the champion there was.
        """
        found, moves = self._together(model, version)
        champions = self._in_role(CHAMPION)
        self._require_whole(champions, moves, families(found))
        tags = promotion(reason, self._clock(), forced=forced)
        for name, number in moves.items():
            previous = champions.get(name, "")
            new = tags if previous == number else {PREVIOUS: previous, **tags}
            for tag, value in new.items():
                self._client.set_model_version_tag(name, number, tag, value)
        challengers = self._in_role(CHALLENGER)
        self._name(CHAMPION, moves)
        for name, number in moves.items():
            if challengers.get(name) == number:
                self._client.delete_registered_model_alias(name, CHALLENGER)
        return moves

    def rollback(self, model: str) -> dict[str, str]:
        """Make the champion before this one the champion again, with all that belong to either.

        Returns
        -------
        dict
            Model -> version that is champion now.

        Raises
        ------
        NoPreviousChampionError
            If the champion is the first one.
        FamilyTornError
            If the champions before do not belong together.
        """
        current = self.champion_version(model)
        found, champions = self._everything(), self._in_role(CHAMPION)
        every = families(found)
        family = every[model][current]
        leaving = {
            name: number
            for name, number in champions.items()
            if name == model or (family and every[name][number] == family)
        }
        moves: dict[str, str] = {}
        for name, number in leaving.items():
            previous = found[name][number].tags.get(PREVIOUS)
            if previous not in found[name]:
                raise NoPreviousChampionError(
                    f"Version {number} is the first champion of {name}",
                    where=name,
                    todo="Choose one of `shuke models list` and promote it.",
                )
            moves = {**siblings(name, previous, every), **moves, name: previous}
        self._require_whole(champions, moves, every)
        for name, number in leaving.items():
            self._client.set_model_version_tag(name, number, ROLLED_BACK, moves[name])
        self._name(CHAMPION, moves)
        return moves

    def challenge(self, model: str, version: str) -> dict[str, str]:
        """Let `version`, and what was read off the same run, be scored beside the champion.

        Returns
        -------
        dict
            Model -> version that is challenger now.

        Raises
        ------
        UnknownModelError
            If there is no such model or version.
        InputError
            It is the champion already.
        """
        _, moves = self._together(model, version)
        if self._in_role(CHAMPION).get(model) == version:
            raise InputError(f"Version {version} is the champion of {model}", where=model)
        self._name(CHALLENGER, moves)
        return moves

    def withdraw(self, model: str) -> dict[str, str]:
        """End what `challenge` began and return the model -> version that were challengers."""
        challengers = self._in_role(CHALLENGER)
        if model not in challengers:
            self._registered(model)
            return {}
        _, those = self._together(model, challengers[model])
        ended = {name: v for name, v in those.items() if challengers.get(name) == v}
        for name in ended:
            self._client.delete_registered_model_alias(name, CHALLENGER)
        return ended

    def standing(self) -> Standing:
        """Return who is champion and who challenger, of all models at one moment."""
        with tracking.asking(self._settings):
            every, models = families(self._everything()), self._all()
        champions, challengers = (
            _named(_in_role(models, role), every) for role in (CHAMPION, CHALLENGER)
        )
        return Standing(champions, challengers, torn(champions, every))

    def stamp(self) -> Hashable:
        """Return what changes whenever the embedded store does; None where a server keeps it.

        Costs two looks at a file's date.
        """
        if self._settings.tracking_uri:
            return None
        return tracking.written(self._settings.mlflow_dir)

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

    def versions(self, model: str) -> list[Version]:
        """Return all versions of a model, the newest first."""
        aliases = self._registered(model).aliases
        return [
            told(one, aliases, dict(self._client.get_run(one.run_id).data.metrics))
            for _, one in sorted(self._versions(model).items(), key=_number, reverse=True)
        ]

    def models(self) -> list[str]:
        """Return the names of all models that have a version."""
        return sorted(self._all())

    @cached_property
    def _client(self) -> "MlflowClient | QuickClient":
        return tracking.connect_quickly(self._settings)

    def _all(self) -> "dict[str, RegisteredModel]":
        return {one.name: one for one in self._client.search_registered_models()}

    def _in_role(self, alias: str) -> dict[str, str]:
        return _in_role(self._all(), alias)

    def _name(self, alias: str, versions: Mapping[str, str]) -> None:
        for model, version in versions.items():
            self._client.set_registered_model_alias(model, alias, version)

    def _everything(self) -> "dict[str, dict[str, ModelVersion]]":
        every: dict[str, dict[str, ModelVersion]] = {}
        for one in self._client.search_model_versions():
            every.setdefault(str(one.name), {})[str(one.version)] = one
        return every

    def _require_whole(
        self, champions: Mapping[str, str], moves: Mapping[str, str], every: Versions
    ) -> None:
        before, after = _named(champions, every), _named({**champions, **moves}, every)
        touched = {side[name].family for name in moves for side in (before, after) if name in side}
        if split := touched & torn(after, every):
            behind = [model for model, champion in after.items() if champion.family in split]
            raise FamilyTornError(
                f"{_listed(moves)} would leave behind what its champion was trained with",
                where=", ".join(behind),
                todo="Models of one training run are champions together: `shuke models rollback`"
                " takes all of them back, promoting another run's version exchanges all.",
            )

    def _together(
        self, model: str, version: str
    ) -> "tuple[dict[str, dict[str, ModelVersion]], dict[str, str]]":
        """Return every version there is, and those that go with this one."""
        self._version(model, version)
        found = self._everything()
        return found, siblings(model, version, families(found))

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


def _in_role(models: "Mapping[str, RegisteredModel]", alias: str) -> dict[str, str]:
    roles = {name: one.aliases.get(alias) for name, one in models.items()}
    return {name: str(version) for name, version in roles.items() if version is not None}


def _named(versions: Mapping[str, str], every: Versions) -> Champions:
    return {
        model: Named(version, every[model][version])
        for model, version in versions.items()
        if version in every.get(model, {})
    }


def _listed(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{model} version {version}" for model, version in versions.items())


def _number(item: "tuple[str, ModelVersion]") -> int:
    return int(item[0])
