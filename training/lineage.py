"""Where a model comes from: what has to change before training again can change anything."""

import hashlib
import shutil
import subprocess
from datetime import datetime
from functools import cache
from pathlib import Path

from features.clock import utc
from features.feature_sets import definitions_fingerprint
from features.lake.lake import Lake
from training.config import ModelConfig, digest

_HERE = Path(__file__).parent


def run_key(lake: Lake, config: ModelConfig, today: datetime) -> str:
    """Name everything a fit depends on; equal keys mean that a fit would give the same trees."""
    parts = (
        lake.fingerprint(),
        definitions_fingerprint(),
        digest(config),
        source_digest(),
        utc(today).isoformat(),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def lineage(lake: Lake, config: ModelConfig, today: datetime) -> dict[str, str]:
    """Return the parts of `run_key` one by one, and the commit of the code, for the record."""
    said = {
        "fingerprint": run_key(lake, config, today),
        "lake_fingerprint": lake.fingerprint(),
        "definitions_fingerprint": definitions_fingerprint(),
        "config_hash": digest(config),
        "training_code": source_digest(),
        "today": f"{utc(today):%Y-%m-%d %H:%M}",
        "git_commit": git_commit(),
    }
    return {name: value for name, value in said.items() if value}


@cache
def source_digest() -> str:
    """Return a digest of this room's source; it changes iff that changes."""
    seen = hashlib.sha256()
    for source in sorted(_HERE.rglob("*.py")):
        seen.update(source.relative_to(_HERE).as_posix().encode() + source.read_bytes())
    return seen.hexdigest()[:16]


@cache
def git_commit() -> str:
    """Return the commit this code was checked out at; empty where it is no checkout."""
    git = shutil.which("git")
    if git is None or not (_HERE.parent / ".git").exists():
        return ""
    asked = [git, "-C", str(_HERE.parent), "rev-parse", "--verify", "--quiet", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
