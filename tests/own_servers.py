"""Servers a test starts for itself and may take away: Redis, MLflow, a way to PostgreSQL."""

import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.serving import BOOT_SECONDS, free_port, process, until


def answers(port: int) -> bool:
    with socket.socket() as asking:
        asking.settimeout(1)
        return asking.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Redis:
    """A Redis of a test's own."""

    folder: Path
    port: int = field(default_factory=free_port)
    run: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("redis-server is not installed")
        kept = ["--dir", str(self.folder), "--save", "", "--appendonly", "yes"]
        told = [program, "--port", str(self.port), "--bind", "127.0.0.1", *kept]
        self.run = subprocess.Popen(told, stdout=subprocess.DEVNULL)
        until(lambda: answers(self.port))

    def stop(self) -> None:
        assert self.run is not None
        self.run.send_signal(signal.SIGCONT)
        self.run.terminate()
        self.run.wait(timeout=30)

    def freeze(self) -> None:
        """Let it stand still: it takes connections and never answers."""
        assert self.run is not None
        self.run.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.run is not None
        self.run.send_signal(signal.SIGCONT)


@contextmanager
def own_redis(folder: Path) -> Iterator[Redis]:
    redis = Redis(folder)
    redis.start()
    try:
        yield redis
    finally:
        if redis.run is not None and redis.run.poll() is None:
            redis.stop()


@contextmanager
def own_mlflow(folder: Path, port: int | None = None) -> Iterator[tuple[str, subprocess.Popen]]:
    """Run an MLflow server on loopback that keeps everything in `folder`; it may be ended."""
    port = port or free_port()
    told = ["server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    kept = ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"]
    files = ["--artifacts-destination", str(folder / "artifacts"), "--serve-artifacts"]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    command = [sys.executable, "-m", "mlflow", *told, *kept, *files]
    with process(*command, log=folder / "mlflow.log", **quiet) as run:
        url = f"http://127.0.0.1:{port}"

        def lives() -> bool:
            assert run.poll() is None, (folder / "mlflow.log").read_text()
            with suppress(httpx.TransportError):
                return httpx.get(f"{url}/health", trust_env=False).status_code == 200
            return False

        until(lives, BOOT_SECONDS, "for MLflow")
        yield url, run


class Gate:
    """A TCP way to a server that can be shut and opened again."""

    def __init__(self, to: tuple[str, int]) -> None:
        self.port = free_port()
        self._to = to
        self._listening: socket.socket | None = None
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()

    def open(self) -> None:
        listening = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self._listening = listening
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def shut(self) -> None:
        """Refuse whoever comes, and cut whoever is through."""
        if self._listening is not None:
            with suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._listening = None
        with self._lock:
            gone, self._open = self._open, []
        for each in gone:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                inside, _ = listening.accept()
                outside = socket.create_connection(self._to)
            except OSError:
                return
            with self._lock:
                self._open += [inside, outside]
            for pair in ((inside, outside), (outside, inside)):
                threading.Thread(target=_pass_on, args=pair, daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while some := one.recv(65_536):
            other.sendall(some)
    for each in (one, other):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
