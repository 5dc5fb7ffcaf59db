"""What was imported: one line per import, totals that add up, the fingerprint of the source."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from features.clock import now


@dataclass(frozen=True)
class ImportReport:
    """The totals of one import; `read == accepted + quarantined + duplicates`.

    Attributes
    ----------
    source
        Where the rows came from, for people.
    quarantine_file
        CSV with row, column, reason and value of every broken row; None without any.
    ignored_columns
        Columns of the source that the table has no place for.
    """

    table: str
    source: str
    read: int
    accepted: int
    quarantined: int
    duplicates: int
    quarantine_file: Path | None = None
    ignored_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """The file `imports.jsonl` of a lake."""

    path: Path

    def find(self, table: str, fingerprint: str) -> ImportReport | None:
        """Return the report of the import of this very source into `table`, if there was one."""
        for entry in self._entries():
            if (entry["table"], entry["fingerprint"]) == (table, fingerprint):
                file = entry["quarantine_file"]  # relative, so that a lake can be moved
                totals = {k: entry[k] for k in ("read", "accepted", "quarantined", "duplicates")}
                return ImportReport(
                    table,
                    entry["source"],
                    **totals,
                    quarantine_file=self.path.parent / file if file else None,
                )
        return None

    def add(self, report: ImportReport, fingerprint: str, at: datetime | None = None) -> None:
        """Add one import; a crash leaves the old ledger or the new one."""
        quarantine = report.quarantine_file
        file = str(quarantine.relative_to(self.path.parent)) if quarantine else None
        entry = asdict(report) | {
            "quarantine_file": file,
            "fingerprint": fingerprint,
            "at": (at or now()).isoformat(),
        }
        lines = [json.dumps(e, ensure_ascii=False) for e in (*self._entries(), entry)]
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
        os.replace(temporary, self.path)  # noqa: PTH105 - atomic, which is the point

    def _entries(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]
