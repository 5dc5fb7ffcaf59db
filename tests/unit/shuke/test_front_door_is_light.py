import subprocess
import sys

HEAVY = "duckdb evidently feast ibis lightgbm mlflow pandas pandera shap sklearn sqlalchemy uvicorn"
LOOK = f"""
import sys
from shuke.cli import app
from typer.testing import CliRunner
assert CliRunner().invoke(app, ["--help"]).exit_code == 0
print(sorted(set("{HEAVY}".split()) & set(sys.modules)))
"""


def test_help_imports_nothing_heavy() -> None:
    found = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
