"""`shuke demo` on all its data, twice, each in a process: the second run adds nothing."""

import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.lake.lake import Lake
from features.settings import Settings
from features.store import Store
from models_registry.bundle import Bundle
from models_registry.registry import Registry
from models_registry.settings import Settings as RegistrySettings
from tests.coherence import contradictions

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Run:
    """What one run printed, and what stood under its home afterwards."""

    home: Path
    out: str
    err: str
    rows: dict[str, int]
    files: dict[str, int]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    home = tmp_path_factory.mktemp("demo")
    return _run(home), _run(home)


def _run(home: Path) -> Run:
    command = [sys.executable, "-m", "shuke.cli", "demo", "--no-serve"]
    environment = os.environ | {"SHUKE_HOME": str(home), "COLUMNS": "160"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Run(home, done.stdout, done.stderr, _rows(home / "records.db"), _files(home))


def _rows(database: Path) -> dict[str, int]:
    counted = ("staff", "leads", "assignments", "tasks", "list_members")
    with sqlite3.connect(database) as connection:
        rows = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in counted
        }
    connection.close()
    return rows


def _files(home: Path) -> dict[str, int]:
    kept = ("lake/*/*.parquet", "features/*/*.parquet", "scores/batches/**/*.parquet")
    return {
        str(path.relative_to(home)): path.stat().st_mtime_ns
        for pattern in kept
        for path in home.glob(pattern)
    }


def test_it_prints_who_is_at_risk_and_why(runs: tuple[Run, Run]) -> None:
    assert "Most at risk and most valuable, as of 2018-01-01" in runs[0].out
    assert re.search(r"of the last 12 weeks|since the last purchase|silent for", runs[0].out)


def test_it_prints_the_best_leads_and_whom_they_went_to(runs: tuple[Run, Run]) -> None:
    assert re.search(r"│ 2[123]:\d+ .*Store \d+ (guide \d|manager)", runs[0].out)


def test_it_prints_each_model_beside_its_baseline(runs: tuple[Run, Run]) -> None:
    for model in ("churn_28d", "churn_60d", "clv_90d", "lead_score", "next_purchase"):
        assert re.search(rf"{model} version 1: (champion|NOT promoted)", runs[0].out)


def test_it_says_that_staff_are_made_up_and_shows_a_key(runs: tuple[Run, Run]) -> None:
    assert "Staff are not in the data" in runs[0].out
    assert re.search(r"API key \(shown once\): shuke_\w+", runs[0].out)


def test_a_second_run_adds_no_record_and_rewrites_no_file(runs: tuple[Run, Run]) -> None:
    first, second = runs
    assert min(first.rows.values()) > 0
    assert second.rows == first.rows
    assert second.files == first.files


def test_a_second_run_trains_nothing_again(runs: tuple[Run, Run]) -> None:
    assert runs[1].out.count("unchanged since it was trained") == 5


def test_no_two_models_contradict_each_other_about_anybody(runs: tuple[Run, Run]) -> None:
    lake, store, models = _opened(runs[1].home)
    everybody = _known(store, models["next_purchase"], lake.today())
    assert len(everybody) > 2_000
    broken = {name: rows for name, rows in contradictions(models, everybody).items() if rows}
    assert not broken


def test_the_expected_date_moves_on_through_a_silent_week(runs: tuple[Run, Run]) -> None:
    lake, store, models = _opened(runs[1].home)
    timing, moment = models["next_purchase"], lake.today() - timedelta(days=35)
    before, after = (
        _known(store, timing, at).set_index("customer_id") for at in (moment, moment + WEEK)
    )
    both = before.index.intersection(after.index)
    waited = after.loc[both, "recency_days"] - before.loc[both, "recency_days"]
    silent = both[np.isclose(waited, WEEK.days)]
    assert len(silent) > 500
    said = [timing.predict(rows.loc[silent])["value"] for rows in (before, after)]
    assert (said[1] + WEEK.days >= said[0]).all()


def _opened(home: Path) -> tuple[Lake, Store, dict[str, Bundle]]:
    settings = Settings(home=home)
    lake = Lake(settings.lake_dir, settings.threads)
    registry = Registry(RegistrySettings(home=home))
    named = ("churn_28d", "churn_60d", "next_purchase", "clv_90d")
    return lake, Store(settings, lake), {name: registry.champion(name) for name in named}


def _known(store: Store, model: Bundle, moment: datetime) -> pd.DataFrame:
    asked = pd.DataFrame({"customer_id": store.customers(moment), "as_of": moment})
    rows = store.history("churn_28d_v1", asked)
    return rows[model.eligible(rows)].reset_index(drop=True)


def test_nothing_is_said_that_a_newcomer_would_worry_about(runs: tuple[Run, Run]) -> None:
    for run in runs:
        assert "Warning" not in run.err
        assert "Traceback" not in run.err


def test_it_says_that_its_key_is_for_the_demo_only(runs: tuple[Run, Run]) -> None:
    assert "This key and this home are for the demo only" in runs[0].out
    environment = os.environ | {"SHUKE_HOME": str(runs[1].home)}
    command = [sys.executable, "-m", "shuke.cli", "serve"]
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (refused.returncode, "weak-secret" in refused.stderr) == (2, True)
