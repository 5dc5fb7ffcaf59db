"""A home that can be served, and `shuke serve` in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2 as httpx
import pytest

from features.clock import now
from features.lake.lake import Lake
from models_registry.registry import Registry
from models_registry.settings import Settings as ModelSettings
from service.bootstrap import build
from service.keys import Scope, create
from service.nightly import nightly
from service.settings import Settings
from tests.integration.service.tiny_models import tiny_bundles
from tests.synthetic import ShopConfig, fill, simulate

BOOT_SECONDS = 300.0
PATIENCE = 60.0


def make_home(home: Path, customers: int = 40) -> str:
    """Fill a home as the settings of the environment say, run a night, and return an API key."""
    lake = Lake(home / "lake", threads=1)
    fill(lake, simulate(ShopConfig(customers=customers)))
    app = build(Settings(home=home))
    app.store.build([lake.today()])
    registry = Registry(ModelSettings(home=home))
    for bundle in tiny_bundles(app.store, lake.today()):
        version = registry.log(bundle, metrics={}, params={}, lineage={})
        registry.promote(bundle.meta.model, version, "test")
    nightly(app, ensure_staff=True)
    made = create("test", [Scope.ADMIN], now())
    with app.records.transaction() as work:
        work.keys.add(made.record)
    app.records.close()
    app.store.close()
    return made.clear


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def until(holds: Callable[[], bool], seconds: float = PATIENCE, said: str = "") -> None:
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, f"waited in vain {said}"
        time.sleep(0.05)


@dataclass
class Served:
    """`shuke serve` on a free port; can be killed and started anew."""

    home: Path
    key: str
    settings: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ("-m", "shuke.cli", "serve")
    port: int = field(default_factory=free_port)
    preexec: Callable[[], None] | None = None
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.home / "serve.log").read_text("utf-8", "replace")

    def client(self, timeout: float = 60.0) -> httpx.Client:
        headers = {"X-API-Key": self.key}
        return httpx.Client(base_url=self.url, headers=headers, timeout=timeout, trust_env=False)

    def start(self) -> None:
        told = {"SHUKE_HOME": str(self.home), "SHUKE_PORT": str(self.port), **self.settings}
        with (self.home / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                env={**os.environ, **told},
                stdout=log,
                stderr=log,
                preexec_fn=self.preexec,
            )
        self.wait()

    def wait(self) -> None:
        assert self.process is not None
        give_up = time.monotonic() + BOOT_SECONDS
        with self.client(5) as client:
            while time.monotonic() < give_up:
                assert self.process.poll() is None, self.log
                try:
                    client.get("/healthz")
                except httpx.TransportError:
                    time.sleep(0.1)
                else:
                    return
        pytest.fail(f"the server did not answer in time\n{self.log}")

    def end(self, how: int = signal.SIGTERM, seconds: float = PATIENCE) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(timeout=seconds)


@contextmanager
def serving(home: Path, key: str, **settings: str) -> Iterator[Served]:
    """Serve a home with these settings, and end the server afterwards."""
    served = Served(home, key, settings)
    with running(served):
        yield served


@contextmanager
def running(served: Served) -> Iterator[None]:
    try:
        served.start()
        yield
    finally:
        if served.process is not None and served.process.poll() is None:
            served.end()


@contextmanager
def process(*command: str, log: Path, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program of its own meanwhile: a server that a test may end."""
    with log.open("ab") as said:
        run = subprocess.Popen(command, env={**os.environ, **settings}, stdout=said, stderr=said)
    try:
        yield run
    finally:
        if run.poll() is None:
            run.terminate()
            run.wait(timeout=PATIENCE)
