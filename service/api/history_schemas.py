"""What the history of a customer's scores is asked with, and its answer."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from features.clock import utc
from models_registry.score import Lang
from service.api import cursor, history_examples
from service.api.schemas import Moment
from service.score_changes import Change, PastScore
from service.score_history import POLICY, Asked, Place


class HistoryQuery(BaseModel):
    """Which scores, and how much to say of them."""

    model_config = ConfigDict(extra="forbid")

    since: Moment | None = Field(
        None, alias="from", description="Scores as of this moment or later."
    )
    until: Moment | None = Field(
        None, alias="to", description="Scores as of a moment before this one."
    )
    limit: int = Field(POLICY.scores, ge=1, le=POLICY.most_scores)
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")
    top_k: int = Field(
        POLICY.moves, ge=1, le=POLICY.most_moves, description="Moves told of each change, at most."
    )
    lang: Lang = Field("en", description="Language of the sentences.")

    def asked(self, of: dict[str, str]) -> Asked:
        """Return the question; `of` says whose scores by which model, as a cursor belongs to."""
        return Asked(
            since=self.since and utc(self.since),
            until=self.until and utc(self.until),
            limit=self.limit,
            after=self._after(of),
            moves=self.top_k,
            lang=self.lang,
        )

    def following(self, after: Place | None, of: dict[str, str]) -> str | None:
        """Return the cursor of the next page; None where there is none."""
        return None if after is None else cursor.encode(after, self._identity(of))

    def _after(self, of: dict[str, str]) -> Place | None:
        if self.cursor is None:
            return None
        as_of, scored_at, version, status = cursor.decode(
            self.cursor, self._identity(of), (datetime, datetime, str, str)
        )
        return as_of, scored_at, version, status

    def _identity(self, of: dict[str, str]) -> dict[str, Any]:
        return of | self.model_dump(mode="json", include={"since", "until"})


class HistoryPage(BaseModel):
    """A page of what one model said of one customer, newest first."""

    model_config = ConfigDict(json_schema_extra={"example": history_examples.HISTORY_PAGE})

    customer_id: str
    model: str
    read_from: datetime | None = Field(
        description="From where on the log was read: `from`, or later where the span holds more"
        " nights than one answer reads; ask for what lies before with it as `to`. Null is the"
        " beginning."
    )
    total: int = Field(description="Scores of the span.")
    scores: list[PastScore]
    between_ends: Change | None = Field(
        description="What changed from the oldest score of the span to its newest; null on later"
        " pages."
    )
    next_cursor: str | None = Field(description="Pass it as `cursor`; null on the last page.")
