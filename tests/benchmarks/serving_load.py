"""Load from wrk (Debian's package of that name) on loopback; every answer is checked."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = Path(__file__).with_suffix(".lua")


@dataclass(frozen=True)
class Ask:
    """One request, and the value its answer has to hold."""

    path: str
    value: float
    method: str = "GET"
    body: str = ""


@dataclass(frozen=True)
class Load:
    """What a run found: milliseconds, and answers a second."""

    p50: float
    p99: float
    rate: float


@dataclass(frozen=True)
class Target:
    """A server under load.

    Attributes
    ----------
    asks
        File of requests, as `written` makes it.
    value
        Lua pattern that finds the value in an answer.
    """

    port: int
    asks: Path
    value: str
    key: str = ""

    def load(self, connections: int, seconds: int) -> Load:
        """Keep so many requests in the air.

        Raises
        ------
        RuntimeError
            An answer was wrong, or there was none.
        """
        said = subprocess.run(
            [
                wrk(),
                "-t1",
                f"-c{connections}",
                f"-d{seconds}s",
                "--timeout",
                "10s",
                f"-s{_SCRIPT}",
                f"http://127.0.0.1:{self.port}",
            ],
            env={
                **os.environ,
                "WRK_TARGETS": str(self.asks),
                "WRK_VALUE": self.value,
                **({"WRK_KEY": self.key} if self.key else {}),
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        line = next(line for line in said.splitlines() if line.startswith("RESULT"))
        _, requests, lasted, p50, p99, faults, *shown = line.split(" ", 6)
        if int(faults) or not int(requests):
            raise RuntimeError(f"{faults} of {requests} answers were wrong: {' '.join(shown)}")
        return Load(float(p50) / 1e3, float(p99) / 1e3, int(requests) / (int(lasted) / 1e6))


def wrk() -> str:
    """Return where wrk is; SystemExit with what to do where it is not."""
    found = shutil.which("wrk")
    if found is None:
        raise SystemExit("This needs wrk: install the package `wrk`, then run it again.")
    return found


def written(file: Path, asks: Sequence[Ask]) -> Path:
    """Write requests for `Target`."""
    lines = (f"{ask.method}\t{ask.path}\t{ask.body}\t{ask.value!r}\n" for ask in asks)
    file.write_text("".join(lines), "utf-8")
    return file
