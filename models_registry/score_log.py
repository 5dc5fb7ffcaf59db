"""Append-only record of every score given: what was said, from which inputs, by which version."""

import os
import secrets
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from threading import Lock

import ibis
import orjson
import pandas as pd
import pyarrow.parquet as pq

from features.clock import naive, utc
from features.engine import connect
from models_registry.columns import Table
from models_registry.errors import ScoresMissingError
from models_registry.score import Score
from models_registry.score_rows import COLUMNS, INPUT, facts, flat, framed, told

Batch = tuple[str, datetime, str]  # model, moment and version

_MOMENT = "%Y-%m-%dT%H%M%S"
_ROWS_OF_A_GROUP = 20_000  # one customer is read without decoding everybody


class ScoreLog:
    """Scores under one folder: Parquet per batch, JSON lines per process and day online.

    Parameters
    ----------
    root
        `Settings.score_dir`; made on the first write.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._token = secrets.token_hex(4)  # no two processes ever append to one file
        self._appending = Lock()

    def append_batch(
        self,
        scores: Sequence[Score],
        model: str,
        version: str,
        as_of: datetime,
        inputs: pd.DataFrame | None = None,
    ) -> bool:
        """Write the scores of one night, as a whole or not at all.

        Parameters
        ----------
        inputs
            What the scores were made from, row for row: `frame[bundle.inputs]`.

        Returns
        -------
        bool
            False if this model version was already logged at `as_of`; then nothing is written.
        """
        file = self.batch_path(model, as_of, version)
        if file.exists():
            return False
        table = framed(map(flat, scores))
        if inputs is not None:
            table = pd.concat([table, facts(inputs)], axis=1)
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".write-") as temporary:
            written = Path(temporary, file.name)
            table.to_parquet(
                written, index=False, coerce_timestamps="us", row_group_size=_ROWS_OF_A_GROUP
            )
            written.replace(file)
        return True

    def batch_path(self, model: str, as_of: datetime, version: str) -> Path:
        """Return where a batch lies, or would: a Parquet file, or a folder of such files."""
        return self._batch_dir(model, as_of) / f"{version}.parquet"

    def append_online(self, scores: Sequence[Score], rows: Table, inputs: Sequence[str]) -> None:
        """Append scores given to a request, all of them or none; flushed on return.

        Parameters
        ----------
        rows, inputs
            What the scores were made from, row for row, and which columns of it: `bundle.inputs`.
        """
        if not scores:
            return
        lines = b"".join(
            orjson.dumps({**flat(score), "inputs": orjson.dumps(row).decode()}) + b"\n"
            for score, row in zip(scores, told(rows, inputs), strict=True)
        )
        folder = self.root / "online"
        folder.mkdir(parents=True, exist_ok=True)
        day = utc(scores[0].scored_at).date().isoformat()
        name = f"{day}-{os.getpid()}-{self._token}.jsonl"
        with self._appending, (folder / name).open("ab", buffering=0) as file:
            _append(file, lines)

    def batches(self, model: str) -> list[tuple[datetime, str]]:
        """Return (as_of, version) of every batch of a model, the oldest first."""
        found = (self.root / "batches" / model).glob("*/*.parquet")
        return sorted(map(_named, found), key=lambda batch: (batch[0], _order(batch[1])))

    def batch(
        self, model: str, as_of: datetime | None = None, version: str | None = None
    ) -> ibis.Table:
        """Return one batch as a table: the columns of a score, and its inputs prefixed `in_`.

        Parameters
        ----------
        as_of, version
            The newest where not given.

        Raises
        ------
        ScoresMissingError
        """
        fitting = [
            (moment, one)
            for moment, one in self.batches(model)
            if (as_of is None or utc(as_of) == moment) and version in (None, one)
        ]
        if not fitting:
            raise self._missing(model, as_of)
        [found] = self.tables([(model, *fitting[-1])])
        return found

    def tables(self, batches: Sequence[Batch]) -> list[ibis.Table]:
        """Return batches as `batch` does, on one connection, so that they can be joined.

        Raises
        ------
        ScoresMissingError
        """
        con = connect()
        return [con.read_parquet(self._batch_files(*batch)) for batch in batches]

    def state(self, batches: Sequence[Batch]) -> list[tuple[str, int, int, int]]:
        """Return what differs once a file of some batches is another: path, inode, size, time."""
        paths = [self.batch_path(*batch) for batch in batches]
        files = [
            f for path in paths for f in ([path, *path.glob("*")] if path.is_dir() else [path])
        ]
        found = [(str(file), file.stat()) for file in sorted(files)]
        return [(name, at.st_ino, at.st_size, at.st_mtime_ns) for name, at in found]

    def online(self) -> ibis.Table:
        """Return every score given online: the columns of a score and `inputs` as JSON text.

        Raises
        ------
        ScoresMissingError
        """
        files = self._online_files()
        if not files:
            raise ScoresMissingError(
                "No score was given online yet", where=str(self.root), todo="Ask the API for one."
            )
        return _read_online(connect(), files)

    def history(
        self,
        customer_id: str,
        model: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> pd.DataFrame:
        """Return every score of one customer, batch and online, the oldest first.

        Parameters
        ----------
        model
            None takes all.
        since, until
            Only scores with an `as_of` from `since` on and before `until`.

        Returns
        -------
        pandas.DataFrame
            The columns of a score (times aware UTC), `path`: "batch" or "online", and `inputs`: as
            JSON text for an online one; those of a batch are read by `inputs`.
        """
        con = connect()
        nights = [
            file
            for folder in self.root.glob(f"batches/{model or '*'}/*/*.parquet")
            if _within(_named(folder)[0], since, until)
            for file in ([folder] if folder.is_file() else folder.glob("*.parquet"))
        ]
        # No score describes a moment after it was given, so older files hold nothing of the span.
        days = [f for f in self._online_files() if since is None or Path(f).name >= _day(since)]
        parts = []
        if nights:
            found = con.read_parquet(sorted(map(str, nights)), union_by_name=True)
            parts.append(_of(found.mutate(inputs=ibis.null("string")), customer_id, "batch"))
        if days:
            parts.append(_of(_read_online(con, days), customer_id, "online"))
        if not parts:
            whole = framed([]).assign(inputs="", path="")
        else:
            every = ibis.union(*parts)
            if model is not None:
                every = every.filter(every.model == model)
            if since is not None:
                every = every.filter(every.as_of >= naive(since))
            if until is not None:
                every = every.filter(every.as_of < naive(until))
            whole = every.order_by("scored_at", "path").to_pandas()
        for column in ("as_of", "scored_at"):
            whole[column] = whole[column].dt.tz_localize(UTC)
        return pd.DataFrame(whole)

    def inputs(
        self, customer_id: str, model: str, as_of: datetime, version: str
    ) -> dict[str, object]:
        """Return what a score of a batch was made from, by name; empty if that was not kept."""
        batch, mine = self.batch_path(model, as_of, version), [("customer_id", "=", customer_id)]
        rows: list[dict[str, object]] = (
            pq.read_table(batch, filters=mine).to_pylist() if batch.exists() else []
        )
        kept = rows[0] if rows else {}
        return {k.removeprefix(INPUT): value for k, value in kept.items() if k.startswith(INPUT)}

    def _batch_files(self, model: str, as_of: datetime, version: str) -> str:
        if (utc(as_of), version) not in self.batches(model):
            raise self._missing(model, as_of)
        file = self.batch_path(model, as_of, version)
        return f"{file}/*.parquet" if file.is_dir() else str(file)

    def _missing(self, model: str, as_of: datetime | None) -> ScoresMissingError:
        return ScoresMissingError(
            f"No scores of {model} were logged",
            where=str(as_of or self.root),
            todo="Run `shuke nightly`.",
        )

    def _online_files(self) -> list[str]:
        return self._files("online/*.jsonl")

    def _files(self, pattern: str) -> list[str]:
        return sorted(map(str, self.root.glob(pattern)))

    def _batch_dir(self, model: str, as_of: datetime) -> Path:
        return self.root / "batches" / model / naive(as_of).strftime(_MOMENT)


def _append(file: FileIO, lines: bytes) -> None:
    """Append all or nothing: half a line would spoil the next one, too."""
    before = os.fstat(file.fileno()).st_size
    try:
        written = 0
        while written < len(lines):  # a disk that fills up takes some of it first
            written += file.write(lines[written:])
    except OSError:
        file.truncate(before)
        raise


def _read_online(con: ibis.BaseBackend, files: list[str]) -> ibis.Table:
    lines = con.read_json(
        files,
        columns={**COLUMNS, "inputs": "VARCHAR"},
        format="newline_delimited",
        ignore_errors=True,
    )
    # A line cut short by a power failure is read as a row of nothing; it is not a score.
    return lines.filter(lines.model.notnull())


def _of(table: ibis.Table, customer_id: str, path: str) -> ibis.Table:
    mine = table.filter(table.customer_id == customer_id)
    return mine.select(*COLUMNS, "inputs", path=ibis.literal(path))


def _within(moment: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or moment >= utc(since)) and (until is None or moment < utc(until))


def _day(moment: datetime) -> str:
    return utc(moment).date().isoformat()


def _named(file: Path) -> tuple[datetime, str]:
    moment = datetime.strptime(file.parent.name, _MOMENT).replace(tzinfo=UTC)
    return moment, file.stem


def _order(version: str) -> tuple[int, str]:
    return (int(version), "") if version.isdecimal() else (-1, version)
