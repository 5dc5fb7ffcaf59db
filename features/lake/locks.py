"""One writer at a time, and folders for what is still being read."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from features.errors import StateError

STAGING = ".staging-"


@dataclass(frozen=True)
class Patience:
    """How long a writer waits for another one, in seconds."""

    seconds: float = 600.0


PATIENCE = Patience()


@contextmanager
def exclusive(root: Path, patience: Patience = PATIENCE) -> Iterator[None]:
    """Be the only process that writes the lake at `root`; the lock ends with the process.

    Raises
    ------
    StateError
        Another process kept it for longer than `patience`.
    """
    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / ".lock")
    try:
        lock.acquire(timeout=patience.seconds)
    except Timeout as error:
        raise StateError(
            f"Another process has been writing the lake for {patience.seconds:.0f} seconds",
            where=str(root),
            todo="Wait for it, or end it, and try again.",
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def staging(root: Path) -> Iterator[Path]:
    """Open a folder for unfinished files; those that killed processes left are removed."""
    with exclusive(root):
        for folder in root.glob(f"{STAGING}*"):
            _sweep(folder)
        folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=root))
        alive = _alive(folder)
        alive.acquire(blocking=False)
    try:
        yield folder
    finally:
        alive.release()
        shutil.rmtree(folder, ignore_errors=True)


def _alive(folder: Path) -> FileLock:
    """Return the lock that whoever works in `folder` holds as long as it lives."""
    return FileLock(folder / "alive")


def _sweep(folder: Path) -> None:
    try:
        _alive(folder).acquire(blocking=False).lock.release()
    except (Timeout, FileNotFoundError):
        return  # its process is at work, or has just finished
    shutil.rmtree(folder, ignore_errors=True)
