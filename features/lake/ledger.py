"""What was imported: one line per import, totals that add up, the fingerprint of the source."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from features.clock import now, utc

TOTALS = ("read", "accepted", "quarantined", "duplicates", "conflicts")


@dataclass(frozen=True)
class ImportReport:
    """The totals of one import; `read == accepted + quarantined + duplicates`.

    Attributes
    ----------
    source
        Where the rows came from, for people.
    conflicts
        Those of the duplicates that say something else than the row that stands.
    quarantine_file
        CSV with row, column, reason and value of every broken row; None without any.
    conflict_file
        CSV with row, key, column and both values of every difference; None without any.
    ingested_at
        Since when the rows are known, unless they say so themselves; None for a backfill, whose
        rows count as known when they happened.
    ignored_columns
        Columns of the source that the table has no place for.
    """

    table: str
    source: str
    read: int
    accepted: int
    quarantined: int
    duplicates: int
    conflicts: int = 0
    quarantine_file: Path | None = None
    conflict_file: Path | None = None
    ingested_at: datetime | None = None
    ignored_columns: tuple[str, ...] = ()

    def again(self, source: str) -> "ImportReport":
        """Return the report of the same rows coming a second time."""
        return replace(self, source=source, accepted=0, quarantined=0, duplicates=self.read)


@dataclass(frozen=True)
class Ledger:
    """The file `imports.jsonl` of a lake; to add to it, hold the lake's lock."""

    path: Path

    def find(self, table: str, fingerprint: str) -> ImportReport | None:
        """Return the report of the import of this very source into `table`, if there was one."""
        needle = json.dumps(fingerprint).encode()
        written = self.path.read_bytes() if self.path.exists() else b""
        if needle not in written:
            return None
        for line in written.split(b"\n")[:-1]:  # what no line end follows was torn by a crash
            if needle in line:
                entry = json.loads(line)
                if (entry["table"], entry["fingerprint"]) == (table, fingerprint):
                    return self._report(entry)
        return None

    def entry(self, report: ImportReport, fingerprint: str) -> dict[str, Any]:
        """Return the line of an import; files are relative, so that a lake can be moved."""
        return asdict(report) | {
            "quarantine_file": self._relative(report.quarantine_file),
            "conflict_file": self._relative(report.conflict_file),
            "ingested_at": report.ingested_at and utc(report.ingested_at).isoformat(),
            "fingerprint": fingerprint,
            "at": now().isoformat(),
        }

    def add(self, entry: Mapping[str, Any]) -> None:
        """Add one line behind the others; it is on the disk when this returns."""
        line = json.dumps(entry).encode() + b"\n"
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        with os.fdopen(handle, "r+b") as file:
            file.seek(_end_of_lines(file))
            file.truncate()
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def _report(self, entry: Mapping[str, Any]) -> ImportReport:
        known = entry.get("ingested_at")
        return ImportReport(
            entry["table"],
            entry["source"],
            **{name: entry.get(name, 0) for name in TOTALS},
            quarantine_file=self._absolute(entry["quarantine_file"]),
            conflict_file=self._absolute(entry.get("conflict_file")),
            ingested_at=datetime.fromisoformat(known) if known else None,
        )

    def _relative(self, file: Path | None) -> str | None:
        return str(file.relative_to(self.path.parent)) if file else None

    def _absolute(self, name: str | None) -> Path | None:
        return self.path.parent / name if name else None


def _end_of_lines(file: Any, block: int = 4096) -> int:
    """Return where the last whole line ends; what lies behind it was torn by a crash."""
    end: int = file.seek(0, os.SEEK_END)
    while end:
        start = max(end - block, 0)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + int(newline) + 1
        end = start
    return 0
