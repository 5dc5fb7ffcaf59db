"""Servers under test: started on loopback, waited for, and ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

import httpx2 as httpx

from tests.serving import free_port

PATIENCE = 120.0
_GRACE = 20.0
_NO_LIMIT = 1_000_000_000


@dataclass(frozen=True)
class Served:
    """A server that answers, and the seconds it took to."""

    port: int
    pid: int
    seconds: float

    @property
    def resident_mib(self) -> float:
        """Memory its process holds now."""
        return resident_mib(self.pid)


def resident_mib(pid: int | str = "self") -> float:
    """Return the memory a process holds now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


@contextmanager
def ours(home: Path) -> Iterator[Served]:
    """Serve a home as `shuke serve` beside a worker does, with no limit to the calls of a key."""
    settings = {
        "SHUKE_HOME": str(home),
        "SHUKE_WORKER": "separate",
        "SHUKE_RATE_LIMIT_CALLS": str(_NO_LIMIT),
    }
    command = ["-m", "shuke.cli", "serve", "--demo", "--port", "{port}"]
    with _process(command, settings, "/readyz") as served:
        yield served


@contextmanager
def bare(folder: Path) -> Iterator[Served]:
    """Serve `serving_bare` over the rows in `folder`."""
    from tests.benchmarks.serving_bare import FOLDER

    command = ["-m", "uvicorn", "--factory", "tests.benchmarks.serving_bare:application"]
    quiet = ["--log-level", "warning", "--no-access-log", "--port", "{port}"]
    with _process([*command, *quiet], {FOLDER: str(folder)}, "/plain/1") as served:
        yield served


@contextmanager
def mlflow(model: Path) -> Iterator[Served]:
    """Serve a model folder by `mlflow models serve`, in this environment."""
    command = ["-m", "mlflow", "models", "serve", "-m", str(model), "--env-manager", "local"]
    where = ["--host", "127.0.0.1", "--port", "{port}"]
    settings = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # its uvicorn
    }
    with _process([*command, *where], settings, "/ping") as served:
        yield served


@contextmanager
def _process(command: list[str], settings: Mapping[str, str], path: str) -> Iterator[Served]:
    port = free_port()
    began = perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", *(part.format(port=port) for part in command)],
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait(process, f"http://127.0.0.1:{port}{path}")
        yield Served(port, process.pid, perf_counter() - began)
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    began = perf_counter()
    with httpx.Client(trust_env=False, timeout=5) as client:
        while perf_counter() - began < PATIENCE:
            if process.poll() is not None:
                raise RuntimeError(f"The server ended: {process.args!r}")
            try:
                if client.get(url).status_code < 500:
                    return
            except httpx.TransportError:
                pass
            sleep(0.02)
    raise RuntimeError(f"No answer from {url}")
