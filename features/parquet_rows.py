"""Taking single rows out of Parquet files, which otherwise never change."""

import secrets
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Doomed = Mapping[str, Collection[str]]
"""Columns and values: a row goes that has one of the values in one of the columns."""

_ARROW = b"ARROW:schema"


def matching(file: Path, doomed: Doomed) -> pa.Table | None:
    """Return the rows that would go; None if there is no such row."""
    if not _count(file, doomed):
        return None
    parts = [batch.filter(_mask(batch, doomed)) for batch in pq.ParquetFile(file).iter_batches()]
    return pa.Table.from_batches(parts)


def removed(file: Path, doomed: Doomed, rows_key: bytes | None = None) -> int:
    """Take rows out of a file in its place, all or none, and return how many went.

    Parameters
    ----------
    rows_key
        Where the footer says how many rows there are, if it does.
    """
    if not _count(file, doomed):
        return 0
    unfinished = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    try:
        gone = written_without(file, unfinished, doomed, rows_key)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return gone


def written_without(file: Path, target: Path, doomed: Doomed, rows_key: bytes | None = None) -> int:
    """Write the rows that stay, and what the footer says, to `target`; return how many went."""
    source = pq.ParquetFile(file)
    said = {k: v for k, v in (source.metadata.metadata or {}).items() if k != _ARROW}
    stayed = 0
    with pq.ParquetWriter(target, source.schema_arrow, compression="zstd") as writer:
        for batch in source.iter_batches():
            kept = batch.filter(pc.invert(_mask(batch, doomed)))
            writer.write_batch(kept)
            stayed += kept.num_rows
        if rows_key is not None:
            said[rows_key] = str(stayed).encode()
        writer.add_key_value_metadata({k.decode(): v.decode() for k, v in said.items()})
    return int(source.metadata.num_rows) - stayed


def _count(file: Path, doomed: Doomed) -> int:
    source = pq.ParquetFile(file)
    columns = [name for name in doomed if name in source.schema_arrow.names]
    if not columns:
        return 0
    batches = source.iter_batches(columns=columns)
    return sum(pc.sum(_mask(batch, doomed)).as_py() or 0 for batch in batches)


def _mask(batch: pa.RecordBatch, doomed: Doomed) -> Any:
    mask = pa.array([False] * batch.num_rows, type=pa.bool_())
    for name, values in doomed.items():
        if name in batch.schema.names:
            column = batch.column(name).cast(pa.string())
            mask = pc.or_(mask, pc.is_in(column, value_set=pa.array(sorted(values), pa.string())))
    return mask
