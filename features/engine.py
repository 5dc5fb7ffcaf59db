"""The one place that opens the embedded query engine."""

import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import ibis

MEMORY_LIMIT = "4GB"


def connect(threads: int = 0, memory_limit: str = MEMORY_LIMIT) -> Any:
    """Open an in-memory Ibis DuckDB connection that speaks UTC and fetches nothing.

    Ibis sets the session's time zone to UTC itself. What does not fit in memory spills to a folder
    of this process under the system's temporary folder, never into the current one.

    Parameters
    ----------
    threads
        Threads the engine may use; 0 lets it take every core.
    memory_limit
        What the engine may hold before it spills, such as "4GB".
    """
    # Ibis 12 still calls DuckDB by names that DuckDB 2 has renamed.
    warnings.filterwarnings("ignore", "fetch_.*is deprecated", DeprecationWarning)
    spill = Path(tempfile.gettempdir()) / f"shuke-duckdb-{os.getpid()}"
    limits: dict[str, Any] = {"memory_limit": memory_limit}
    if threads:
        limits["threads"] = threads
    return ibis.duckdb.connect(
        temp_directory=str(spill), autoinstall_known_extensions=False, **limits
    )
