"""Both notebooks run from top to bottom on a small trained home."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from features.lake.lake import Lake
from features.settings import Settings as FeatureSettings
from features.store import Store
from models_registry.registry import Registry
from models_registry.settings import Settings as ModelSettings
from training.config import load
from training.dataset import Context
from training.train import pipeline_of

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS_PER_CELL = 120


@pytest.fixture(scope="session")
def trained_home(journey_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose champion of churn_60d has trees, however few its customers."""
    home = tmp_path_factory.mktemp("trained")
    shutil.copytree(journey_home / "lake", home / "lake")
    lake, registry = Lake(home / "lake"), Registry(ModelSettings(home=home))
    store, pipeline = Store(FeatureSettings(home=home), lake), pipeline_of(load("churn_60d"))
    today = lake.today()
    store.build((), services=pipeline.moments(lake, today))
    bundle = pipeline.fit(pipeline.prepare(Context(lake, store, today)))
    version = registry.log(bundle, metrics={}, params={}, lineage={})
    registry.promote("churn_60d", version, "the only one there is")
    return home


def execute(notebook: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> nbformat.NotebookNode:
    monkeypatch.setenv("SHUKE_HOME", str(home))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))
    opened = nbformat.read(notebook, as_version=4)
    place = {"metadata": {"path": str(notebook.parent)}}
    NotebookClient(opened, timeout=SECONDS_PER_CELL, resources=place).execute()
    return opened


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_draws(notebook, trained_home, monkeypatch):
    shown = outputs(execute(notebook, trained_home, monkeypatch))
    assert sum("image/png" in output.get("data", {}) for output in shown) >= 4
    assert [output.text for output in shown if output.get("name") == "stderr"] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_says_what_to_run_when_there_is_no_data(notebook, tmp_path, monkeypatch):
    with pytest.raises(CellExecutionError, match=r"The lake is empty .*Run `shuke"):
        execute(notebook, tmp_path, monkeypatch)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(notebook):
    opened = nbformat.read(notebook, as_version=4)
    nbformat.validate(opened)
    code = [cell for cell in opened.cells if cell.cell_type == "code"]
    assert code and all(cell.execution_count is None for cell in code)
    assert outputs(opened) == []
