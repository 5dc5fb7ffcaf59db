"""What a what-if question holds, and its answer."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from models_registry.score import Lang, Score
from service.api import what_if_examples as examples
from service.api.schemas import MAX_REASONS, Id, Request, by_name
from service.at_risk import RiskModel
from service.what_if import FeatureChange, ReasonChange

MAX_CHANGES = 20
LARGEST = 1e12  # beyond it a sentence is all digits

Supposed = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]


class WhatIfRequest(Request):
    """Whose score, by which model, and what to suppose."""

    model_config = ConfigDict(json_schema_extra={"example": examples.WHAT_IF_REQUEST})

    customer_id: Id
    model: RiskModel = "churn_60d"
    changes: Annotated[dict[Id, Supposed | None], Field(min_length=1, max_length=MAX_CHANGES)] = (
        Field(
            description="By feature, the value to put in its place; null for not known.",
            json_schema_extra=by_name,
        )
    )
    top_k: int = Field(3, ge=0, le=MAX_REASONS, description="Reasons of each kind, at most.")
    lang: Lang = Field("en", description="Language of the reasons' sentences.")


class WhatIfResponse(BaseModel):
    """The score as it is, the score with the changes, and what lies between."""

    model_config = ConfigDict(json_schema_extra={"example": examples.WHAT_IF_RESPONSE})

    before: Score = Field(description="The score as it is.")
    after: Score = Field(description="The score of the same row with the changes; never logged.")
    difference: float | None = Field(description="Value of `after` less that of `before`.")
    features: list[FeatureChange] = Field(description="The changed features one by one.")
    reasons: list[ReasonChange] = Field(
        description="Reasons that differ, the largest difference first."
    )
