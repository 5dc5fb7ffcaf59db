"""Scores of customers and leads."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.concurrency import run_in_threadpool

from models_registry.score import Score
from service import given, subject_ids
from service.api.dependencies import CurrentApp, CurrentSight, needs
from service.api.errors import pointer
from service.api.problem_docs import problems
from service.api.schemas import Explained, Id, ItemError, ScoreRequest, ScoreResponse, Unscored
from service.api.score_schemas import FeaturesRequest, FeaturesResponse
from service.champions import MODELS
from service.faults import ItemFault
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
    """Return one item per id, in the order of `ids`: a score, or why there is none.

    An id nobody knows is no error: its score has the status `unknown_customer` and no value. So
    has that of somebody you may not see. An id that cannot be one (empty, longer than 128
    characters, with control characters) gives an item with an `error`, and the others their scores.
    """

    def scored(ids: Sequence[str]) -> list[Score]:
        return app.scorer.many(model, ids, top_k=asked.reasons, lang=asked.lang)

    usable, faults = subject_ids.sifted(asked.ids)
    found = sight.scores(model, usable, scored)
    return ScoreResponse(scores=_in_order("ids", asked.ids, found, faults, within=()))


@router.post(
    "/scores/{model}/features",
    operation_id="score_features",
    summary="Score customers by features the request gives",
    responses=problems(400, 404, 413),
)
def score_features(model: Model, asked: FeaturesRequest, app: CurrentApp) -> FeaturesResponse:
    """Return one item per customer described, in their order: a score, or why there is none.

    For customers the shop does not want stored: nothing of the request is kept, neither in the
    log of scores nor for a challenger, so such scores are not measured later either. The same
    judge answers as for an id. A feature that is not given counts as missing; a name the model
    does not read gives an item with an `error` that points at it and says the nearest name.
    """
    bundle = app.champions.get(model)
    every = {at: given.fault(bundle, each.features) for at, each in enumerate(asked.customers)}
    faults = {at: fault for at, fault in every.items() if fault is not None}
    usable = [each for at, each in enumerate(asked.customers) if at not in faults]
    found = app.scorer.given(
        bundle,
        [each.features for each in usable],
        [each.id for each in usable],
        top_k=asked.reasons,
        lang=asked.lang,
    )
    names = [each.id for each in asked.customers]
    items = _in_order("customers", names, found, faults, within=("features",))
    return FeaturesResponse(scores=items)


@router.get(
    "/scores/{model}/{id}",
    operation_id="score_one",
    summary="Score one customer or lead",
    responses=problems(404),
)
async def score_one(
    model: Model,
    subject_id: Annotated[Id, Path(alias="id", examples=["818"])],
    asked: Annotated[Explained, Query()],
    app: CurrentApp,
    sight: CurrentSight,
) -> Score:
    """Return the score of one id; that of an id nobody knows has the status `unknown_customer`.

    So has that of somebody you may not see. An id with a slash cannot be part of a path: send it
    in the body of the request for many.
    """

    def scored(ids: Sequence[str]) -> list[Score]:
        return app.scorer.many(model, ids, top_k=asked.reasons, lang=asked.lang)

    # FastAPI would take a second trip to a worker thread to check the answer of a plain function.
    [found] = await run_in_threadpool(sight.scores, model, [subject_id], scored)
    return found


def _in_order(
    field: str,
    ids: Sequence[str | None],
    found: Sequence[Score],
    faults: Mapping[int, ItemFault],
    *,
    within: tuple[str, ...],
) -> list[Score | Unscored]:
    """Put scores and faults in the order of the items of `field`."""
    scores = iter(found)
    items: list[Score | Unscored] = []
    for at, one in enumerate(ids):
        fault = faults.get(at)
        if fault is None:
            items.append(next(scores))
            continue
        steps = (*within, *fault.steps) if fault.steps else ()
        where = pointer((field, at, *steps))
        error = ItemError(code=fault.code, detail=fault.detail, pointer=where)
        items.append(Unscored(id=one, error=error))
    return items
