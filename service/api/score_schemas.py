"""What a request for one score, or for scores of described customers, holds."""

from typing import Annotated

from pydantic import ConfigDict, Field

from service.api import score_examples as examples
from service.api.schemas import (
    MAX_IDS,
    Explained,
    Id,
    Request,
    ScoreResponse,
)

LARGEST = 1e12  # beyond it a sentence is all digits
MAX_FEATURES = 1_000
MAX_PLACES = 10_000

Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST, strict=True)]
Text = Annotated[str, Field(max_length=256)]
Places = Annotated[list[Number | Text | None], Field(max_length=MAX_PLACES)]
Given = Number | Text | Places | None


class Described(Request):
    """One customer or lead, told by features instead of an id the store knows."""

    id: Id | None = Field(None, description="Comes back with the score; it is not looked up.")
    features: Annotated[dict[str, Given], Field(max_length=MAX_FEATURES)] = Field(
        description="By the names the model reads; null, or left out, is missing."
    )


class FeaturesRequest(Explained):
    """Whom to score by what the request itself tells of them; nothing of it is stored."""

    model_config = ConfigDict(json_schema_extra={"example": examples.FEATURES_REQUEST})

    customers: Annotated[list[Described], Field(min_length=1, max_length=MAX_IDS)] = Field(
        description="Answers keep this order."
    )


class FeaturesResponse(ScoreResponse):
    """For each customer described a score, or why there is none, in their order."""

    model_config = ConfigDict(json_schema_extra={"example": examples.FEATURES_RESPONSE})
