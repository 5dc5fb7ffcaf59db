"""What a job of scores is to do, fixed when it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from models_registry.score import Lang


class Format(StrEnum):
    """The shape of a result."""

    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class ScoresAsked:
    """A set of scores.

    Attributes
    ----------
    model, version
        All of one result come from the version that was champion when it was asked for.
    as_of
        None reads the newest features.
    top_k
        Reasons for each score; None for every one.
    part
        Items in a part; fixed, as a job goes on at a part.
    """

    model: str
    version: str
    as_of: datetime | None
    top_k: int | None
    lang: Lang
    format: Format
    part: int

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        plain: dict[str, Any] = _ASKED.dump_python(self, mode="json")
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "ScoresAsked":
        """Return what `to_json` was made of."""
        return _ASKED.validate_python(plain)


_ASKED: TypeAdapter[ScoresAsked] = TypeAdapter(ScoresAsked)
