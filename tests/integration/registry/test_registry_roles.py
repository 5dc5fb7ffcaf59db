"""Promotion, rollback and challengers on a real store, for single models and for families."""

import os
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from features.errors import InputError
from models_registry import tracking
from models_registry.bundle import Bundle
from models_registry.errors import FamilyTornError, GateNotPassedError, NoPreviousChampionError
from models_registry.quick import QuickClient
from models_registry.registry import Registry
from models_registry.roles import Roles
from models_registry.settings import Settings
from tests.unit.models_registry.small_bundles import churn, value

if TYPE_CHECKING:
    from mlflow import MlflowClient

FAMILY = ("churn_28d", "churn_60d")
NOON = datetime(2018, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def logged_home(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with two versions of no family, two families and a model of its own."""
    home = Path(shutil.copytree(empty_home, tmp_path_factory.mktemp("roles") / "home"))
    registry = Registry(Settings(home=home))
    for tags in ({}, {"family": "a", "gate": "passed"}, {"family": "b", "gate": "passed"}):
        for model in FAMILY:
            log(registry, model, tags)
    log(registry, "clv_90d", {"gate": "passed"})
    log(registry, "clv_90d", {"gate": "failed"})
    return home


@pytest.fixture
def settings(logged_home: Path, tmp_path: Path) -> Settings:
    return Settings(home=Path(shutil.copytree(logged_home, tmp_path / "home")))


@pytest.fixture
def roles(settings: Settings) -> Roles:
    """Return the roles as the command line opens them."""
    return Roles(settings, clock=lambda: NOON)


class ByMlflow(Roles):
    """Roles read and written by MLflow itself, as with a tracking server."""

    @cached_property
    def _client(self) -> "MlflowClient":
        return tracking.connect(self._settings)


@pytest.fixture(params=[Roles, ByMlflow])
def either(request: pytest.FixtureRequest, settings: Settings) -> Roles:
    """Return the roles as they are opened on the embedded store and on a tracking server."""
    opened: Roles = request.param(settings, clock=lambda: NOON)
    return opened


def log(registry: Registry, model: str, tags: Mapping[str, str]) -> str:
    bundle = value() if model == "clv_90d" else churn()
    named = Bundle(replace(bundle.meta, model=model), bundle.boosters)
    return registry.log(named, metrics={"auc": 0.8}, params={}, lineage=tags)


def champions(roles: Roles) -> dict[str, str]:
    return {model: named.version for model, named in roles.standing().champions.items()}


def both(version: str) -> dict[str, str]:
    return dict.fromkeys(FAMILY, version)


def test_both_ways_of_opening_are_really_two(settings: Settings) -> None:
    assert isinstance(Roles(settings)._client, QuickClient)
    assert not isinstance(ByMlflow(settings)._client, QuickClient)


def test_what_one_way_writes_the_other_reads(settings: Settings) -> None:
    quick, whole = Roles(settings), ByMlflow(settings)
    quick.promote("churn_28d", "2", "下一步, it's 'better'", forced=True)
    assert quick.challenge("clv_90d", "2") == {"clv_90d": "2"}
    assert whole.standing() == quick.standing()
    for model in (*FAMILY, "clv_90d"):
        assert whole.versions(model) == quick.versions(model)
    whole.promote("churn_60d", "3", "newer")
    assert quick.rollback("churn_28d") == both("2")
    assert whole.standing() == quick.standing()
    assert quick.withdraw("clv_90d") == {"clv_90d": "2"}
    assert whole.standing().challengers == {}


def test_a_store_of_unknown_tables_is_left_to_mlflow(settings: Settings) -> None:
    database = settings.mlflow_dir / "mlflow.db"
    connection = sqlite3.connect(database)
    connection.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    connection.commit()
    connection.close()
    assert not QuickClient.fits(database)
    assert not QuickClient.fits(settings.home / "nowhere.db")


def test_a_family_is_promoted_and_rolled_back_as_one(either: Roles) -> None:
    assert either.promote("churn_28d", "2", "first") == both("2")
    assert either.promote("churn_60d", "3", "second") == both("3")
    assert champions(either) == both("3")
    assert either.rollback("churn_28d") == both("2")
    assert champions(either) == both("2")
    with pytest.raises(NoPreviousChampionError, match="first champion"):
        either.rollback("churn_60d")
    assert champions(either) == both("2")


def test_a_rollback_goes_back_to_models_that_stood_alone(roles: Roles) -> None:
    for model in FAMILY:
        roles.promote(model, "1", "alone")
    roles.promote("churn_28d", "2", "together")
    assert roles.rollback("churn_60d") == both("1")
    assert champions(roles) == both("1")


def test_a_promotion_that_would_leave_a_sibling_behind_is_refused(roles: Roles) -> None:
    roles.promote("churn_28d", "2", "together")
    with pytest.raises(FamilyTornError, match="churn_60d"):
        roles.promote("churn_28d", "1", "alone", forced=True)
    assert champions(roles) == both("2")


def test_names_moved_apart_are_told_as_torn(roles: Roles) -> None:
    roles.promote("churn_28d", "2", "together")
    roles._client.set_registered_model_alias("churn_28d", "champion", "3")
    assert roles.standing().torn == {"a", "b"}
    roles.promote("churn_60d", "3", "the rest")
    assert roles.standing().torn == frozenset()


def test_reason_moment_and_force_are_kept(either: Roles) -> None:
    either.promote("clv_90d", "1", "its gate is passed")
    either.promote("clv_90d", "2", "the old one is broken", forced=True)
    newest, oldest = either.versions("clv_90d")
    assert (newest.promoted_because, newest.promoted_at) == ("the old one is broken", NOON)
    assert (newest.forced, newest.gate, newest.is_champion) == (True, "failed", True)
    assert (oldest.forced, oldest.gate, oldest.is_champion) == (False, "passed", False)
    assert oldest.metrics == {"auc": 0.8}


def test_only_a_passed_gate_is_passed(roles: Roles) -> None:
    roles.require_passed("clv_90d", "1")
    roles.require_passed("churn_28d", "3")
    with pytest.raises(GateNotPassedError, match="clv_90d version 2"):
        roles.require_passed("clv_90d", "2")
    with pytest.raises(GateNotPassedError, match="unknown"):
        roles.require_passed("churn_28d", "1")


def test_a_sibling_whose_gate_failed_holds_the_family_back(roles: Roles) -> None:
    roles._client.set_model_version_tag("churn_60d", "3", "gate", "failed")
    with pytest.raises(GateNotPassedError, match="churn_60d version 3"):
        roles.require_passed("churn_28d", "3")


def test_a_challenger_comes_with_its_family_and_ends_when_promoted(roles: Roles) -> None:
    roles.promote("churn_28d", "2", "first")
    assert roles.challenge("churn_60d", "3") == both("3")
    assert {n.version for n in roles.standing().challengers.values()} == {"3"}
    roles.promote("churn_28d", "3", "it was better")
    assert roles.standing().challengers == {}
    with pytest.raises(InputError, match="is the champion"):
        roles.challenge("churn_28d", "3")
    assert roles.withdraw("churn_28d") == {}


def test_the_stamp_tells_writes_by_anybody(settings: Settings) -> None:
    roles = Roles(settings)
    age(settings.mlflow_dir / "mlflow.db")
    calm = roles.stamp()
    assert calm is not None
    assert roles.stamp() == calm
    roles.promote("clv_90d", "1", "now")
    assert roles.stamp() is None  # too fresh to tell this write from the next
    age(settings.mlflow_dir / "mlflow.db")
    assert roles.stamp() not in (None, calm)
    assert Roles(Settings(home=settings.home, tracking_uri="http://nobody")).stamp() is None


def age(file: Path) -> None:
    old = file.stat().st_mtime - 2 * tracking._TICK_SECONDS
    os.utime(file, (old, old))
