"""A note beside the online store: which moment its newest rows describe."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_NAME = "materialized.json"


@dataclass(frozen=True, slots=True)
class Materialized:
    """The newest rows online: the moment they describe and when they were put there (UTC)."""

    as_of: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class OnlineNote:
    """Where the newest materialization is written down.

    Attributes
    ----------
    folder
        The online store's folder.
    definitions
        Fingerprint of the feature definitions; a note of other definitions does not count.
    """

    folder: Path
    definitions: str

    def read(self) -> Materialized | None:
        """Return the newest materialization; None if there is none of these definitions."""
        try:
            said = json.loads((self.folder / _NAME).read_text())
        except FileNotFoundError:
            return None
        if said.get("definitions") != self.definitions:
            return None
        return Materialized(*(datetime.fromisoformat(said[key]) for key in ("as_of", "at")))

    def write(self, done: Materialized) -> None:
        """Note a materialization unless a newer moment is noted already."""
        before = self.read()
        if before is not None and before.as_of > done.as_of:
            return
        said = {
            "as_of": done.as_of.isoformat(),
            "at": done.at.isoformat(),
            "definitions": self.definitions,
        }
        unfinished = self.folder / f"{_NAME}.unfinished"
        unfinished.write_text(json.dumps(said))
        unfinished.replace(self.folder / _NAME)
