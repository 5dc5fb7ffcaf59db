"""One run of a contestant in a process of its own: its seconds, and the most memory it held."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter, process_time

from tests.benchmarks.journey_times import THREADS

_KIB_PER_GIB = 1 << 20
_THREADS_OF = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "SHUKE_THREADS")


@dataclass(frozen=True)
class Run:
    """What one run took.

    Attributes
    ----------
    seconds, cpu_seconds
        From the first look at the Parquet files to the last row, without Python's start and
        imports: on the clock, and of all threads together.
    peak_gib
        The most memory the process held, imports and all.
    rows
        Rows it made.
    """

    seconds: float
    cpu_seconds: float
    peak_gib: float
    rows: int


def run(contestant: str, home: Path, cutoffs: Sequence[datetime]) -> Run:
    """Run one contestant alone, every library held to `THREADS` threads.

    Raises
    ------
    RuntimeError
        It failed; what it said goes to standard error.
    """
    asked = {
        "contestant": contestant,
        "home": str(home),
        "cutoffs": [cutoff.isoformat() for cutoff in cutoffs],
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.runs", json.dumps(asked)],
        env={**os.environ, **dict.fromkeys(_THREADS_OF, str(THREADS))},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{contestant} failed over {home}")
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def peak_gib() -> float:
    """Return the most memory this process held so far."""
    status = Path("/proc/self/status")
    if not status.exists():  # in bytes on macOS
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / _KIB_PER_GIB
    # The kernel's `ru_maxrss` begins with what the parent held; this does not.
    line = next(each for each in status.read_text().splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) / _KIB_PER_GIB


def main() -> None:
    """Run what the argument asks for and print what it took."""
    from tests.benchmarks.features_contestants import CONTESTANTS

    asked = json.loads(sys.argv[1])
    ready = CONTESTANTS[asked["contestant"]](Path(asked["home"]))
    cutoffs = [datetime.fromisoformat(cutoff) for cutoff in asked["cutoffs"]]
    began, spent = perf_counter(), process_time()
    rows = ready(cutoffs)
    seconds, cpu_seconds = perf_counter() - began, process_time() - spent
    sys.stdout.write(json.dumps(asdict(Run(seconds, cpu_seconds, peak_gib(), rows))) + "\n")


if __name__ == "__main__":
    main()
