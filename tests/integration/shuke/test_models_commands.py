"""`shuke models` on a real store: what is refused, what is stored, what is said."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from models_registry.registry import Registry
from models_registry.settings import Settings
from tests.integration.shuke.conftest import Shuke
from tests.unit.models_registry.small_bundles import churn


@pytest.fixture(scope="module")
def logged_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("logged")
    registry = Registry(Settings(home=home))
    for gate in ("passed", "failed"):
        registry.log(churn(), metrics={}, params={}, lineage={"gate": gate})
    return home


@pytest.fixture
def home(logged_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(logged_home, tmp_path / "home"))


def test_a_failed_gate_needs_force_and_force_a_reason(shuke: Shuke) -> None:
    refused = shuke("models", "promote", "churn_28d", "2", "--reason", "I like it")
    assert (refused.code, refused.err.split()[0]) == (2, "gate-not-passed")
    silent = shuke("models", "promote", "churn_28d", "2", "--force")
    assert (silent.code, "--force needs a reason" in silent.err) == (2, True)
    empty = shuke("models", "promote", "churn_28d", "2", "--force", "--reason", "  ")
    assert empty.code == 2
    assert "champion" not in shuke("models", "list").out
    forced = shuke("models", "promote", "churn_28d", "2", "--force", "--reason", "[now] 旧版坏了")
    assert (forced.code, forced.out) == (0, "churn_28d version 2 is champion\n")
    assert "by force: [now] 旧版坏了" in shuke("models", "list").out


def test_a_passed_gate_needs_neither_and_its_reason_is_shown(shuke: Shuke) -> None:
    assert shuke("models", "promote", "churn_28d", "1").code == 0
    listed = shuke("models", "list").out
    assert "by hand; its gate is passed" in listed
    assert "champion" in listed


def test_a_rollback_says_who_is_champion_now(shuke: Shuke) -> None:
    shuke("models", "promote", "churn_28d", "1")
    shuke("models", "promote", "churn_28d", "2", "--force", "--reason", "a try")
    back = shuke("models", "rollback", "churn_28d")
    assert (back.code, back.out) == (0, "churn_28d version 1 is champion again\n")
    first = shuke("models", "rollback", "churn_28d")
    assert (first.code, first.err.split()[0]) == (2, "no-previous-champion")


def test_a_shadow_begins_and_ends(shuke: Shuke) -> None:
    assert shuke("models", "shadow", "churn_28d").code == 2
    assert shuke("models", "shadow", "churn_28d", "2", "--off").code == 2
    begun = shuke("models", "shadow", "churn_28d", "2")
    assert begun.out == "churn_28d version 2 scores in the shadow of the champion\n"
    assert "challenger" in shuke("models", "list").out
    nothing = shuke("models", "shadow-report", "churn_28d")
    assert (nothing.code, nothing.err.split()[0]) == (2, "scores-missing")
    assert shuke("models", "shadow", "churn_28d", "--off").out == (
        "churn_28d version 2 scores no more\n"
    )
    assert shuke("models", "shadow", "churn_28d", "--off").out == "churn_28d has no challenger\n"


def audited(home: Path) -> list[tuple[str, str, str, dict]]:
    with sqlite3.connect(home / "records.db") as connection:
        rows = connection.execute(
            "SELECT route, subject, who, details FROM audit_log ORDER BY seq"
        ).fetchall()
    connection.close()
    assert all(who.startswith("cli:") for _, _, who, _ in rows)
    return [(route, subject, who, json.loads(details)) for route, subject, who, details in rows]


def test_every_change_of_a_role_is_a_line_with_who_and_why(shuke: Shuke, home: Path) -> None:
    shuke("models", "promote", "churn_28d", "1")
    assert shuke("models", "promote", "churn_28d", "2").code == 2
    shuke("models", "promote", "churn_28d", "2", "--force", "--reason", "[now] 旧版坏了")
    shuke("models", "rollback", "churn_28d")
    assert shuke("models", "rollback", "churn_28d").code == 2
    shuke("models", "shadow", "churn_28d", "2")
    shuke("models", "shadow", "churn_28d", "--off")
    shuke("models", "shadow", "churn_28d", "--off")
    assert [(route, subject, details) for route, subject, _, details in audited(home)] == [
        (f"shuke models {command}", "model:churn_28d", details)
        for command, details in [
            (
                "promote",
                {"version": "1", "forced": False, "reason": "by hand; its gate is passed"},
            ),
            ("promote", {"version": "2", "forced": True, "reason": "[now] 旧版坏了"}),
            ("rollback", {"version": "1"}),
            ("shadow", {"version": "2"}),
            ("shadow --off", {"version": "2"}),
        ]
    ]
    listed = shuke("audit", "list", "--action", "model-change")
    assert "[now]" in listed.out.replace("\n", "")
    assert shuke("audit", "verify").code == 0
