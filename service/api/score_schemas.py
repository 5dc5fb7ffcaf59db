"""What a request for one score, or for scores of described customers, holds."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from models_registry.score import Lang
from service.api import score_examples as examples
from service.api.schemas import (
    EXPLAIN,
    MAX_IDS,
    MAX_REASONS,
    Explain,
    Id,
    Request,
    ScoreResponse,
    reasons,
)

LARGEST = 1e12  # beyond it a sentence is all digits
MAX_FEATURES = 1_000
MAX_PLACES = 10_000

Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST, strict=True)]
Text = Annotated[str, Field(max_length=256)]
Places = Annotated[list[Number | Text | None], Field(max_length=MAX_PLACES)]
Given = Number | Text | Places | None


class Explained(BaseModel):
    """How much to say about one score."""

    model_config = ConfigDict(extra="forbid")

    explain: Explain = Field("none", description=EXPLAIN)
    top_k: int = Field(3, ge=1, le=MAX_REASONS, description="Reasons, at most.")
    lang: Lang = Field("en", description="Language of the reasons' sentences.")

    @property
    def reasons(self) -> int | None:
        """Reasons wanted."""
        return reasons(self.explain, self.top_k)


class Described(Request):
    """One customer or lead, told by features instead of an id the store knows."""

    id: Id | None = Field(None, description="Comes back with the score; it is not looked up.")
    features: Annotated[dict[str, Given], Field(max_length=MAX_FEATURES)] = Field(
        description="By the names the model reads; null, or left out, is missing."
    )


class FeaturesRequest(Request):
    """Whom to score by what the request itself tells of them; nothing of it is stored."""

    model_config = ConfigDict(json_schema_extra={"example": examples.FEATURES_REQUEST})

    customers: Annotated[list[Described], Field(min_length=1, max_length=MAX_IDS)] = Field(
        description="Answers keep this order."
    )
    explain: Explain = Field("none", description=EXPLAIN)
    top_k: int = Field(3, ge=1, le=MAX_REASONS, description="Reasons for each score, at most.")
    lang: Lang = Field("en", description="Language of the reasons' sentences.")

    @property
    def reasons(self) -> int | None:
        """Reasons wanted for each score."""
        return reasons(self.explain, self.top_k)


class FeaturesResponse(ScoreResponse):
    """For each customer described a score, or why there is none, in their order."""

    model_config = ConfigDict(json_schema_extra={"example": examples.FEATURES_RESPONSE})
