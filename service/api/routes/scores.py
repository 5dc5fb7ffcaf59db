"""Scores of customers and leads."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from models_registry.score import Score
from service.api.dependencies import CurrentApp, CurrentSight, needs
from service.api.problem_docs import problems
from service.api.schemas import ScoreRequest, ScoreResponse
from service.champions import MODELS
from service.keys import Scope

router = APIRouter(tags=["scores"], dependencies=[Depends(needs(Scope.SCORES_READ))])

Model = Annotated[str, Path(description=f"One of {', '.join(MODELS)}.", examples=["churn_60d"])]


@router.post(
    "/scores/{model}",
    operation_id="score",
    summary="Score up to 1,000 customers or leads",
    responses=problems(400, 404, 413),
)
def score(model: Model, asked: ScoreRequest, app: CurrentApp, sight: CurrentSight) -> ScoreResponse:
    """Return one score per id, in the order of `ids`.

    An id nobody knows is no error: its score has the status `unknown_customer` and no value. So
    has that of somebody you may not see.
    """

    def scored(ids: Sequence[str]) -> list[Score]:
        return app.scorer.many(model, ids, top_k=asked.reasons, lang=asked.lang)

    return ScoreResponse(scores=sight.scores(model, asked.ids, scored))
