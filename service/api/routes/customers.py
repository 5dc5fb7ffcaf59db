"""All that is and was predicted of one customer."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from models_registry.score import Lang, Status
from service.api.dependencies import CurrentApp, CurrentSight, needs
from service.api.history_schemas import HistoryPage, HistoryQuery
from service.api.problem_docs import problems
from service.api.schemas import MAX_REASONS, CustomerHealth, CustomerScores, Id
from service.champions import CUSTOMER_MODELS
from service.errors import unknown_customer
from service.health import customer_health
from service.keys import Scope

router = APIRouter(tags=["customers"], dependencies=[Depends(needs(Scope.SCORES_READ))])


@router.get(
    "/customers/{customer_id}/scores",
    operation_id="customer_scores",
    summary="Every score of one customer, and the health of the relation",
    responses=problems(404),
)
def customer_scores(
    customer_id: Annotated[Id, Path(examples=["1823"])],
    app: CurrentApp,
    sight: CurrentSight,
    top_k: Annotated[int, Query(ge=0, le=MAX_REASONS, description="Reasons per score.")] = 3,
    lang: Annotated[Lang, Query(description="Language of the reasons' sentences.")] = "en",
) -> CustomerScores:
    """Return the newest score of each customer model, with reasons, and the health in parts."""
    sight.require_customer(customer_id)
    missing = app.champions.load_all()
    scores = app.scorer.of_customer(customer_id, top_k=top_k, lang=lang)
    if not scores:
        raise missing[CUSTOMER_MODELS[0]]
    if all(score.status is Status.UNKNOWN_CUSTOMER for score in scores.values()):
        raise unknown_customer(customer_id)
    service = next(iter(scores.values())).feature_service
    [row] = app.store.online(service, [customer_id]).to_dict("records")
    churn = scores.get(app.policies.night.risk_model)
    health = customer_health(row, churn.value if churn else None, app.policies.health)
    sight.saw("customer", [customer_id])
    return CustomerScores(
        customer_id=customer_id,
        scores=list(scores.values()),
        without_champion=[model for model in CUSTOMER_MODELS if model not in scores],
        health=CustomerHealth.model_validate(asdict(health)),
    )


@router.get(
    "/customers/{customer_id}/scores/{model}/history",
    operation_id="score_history",
    summary="What one model said of a customer over time, and why it changed",
    responses=problems(404),
)
def score_history(
    customer_id: Annotated[Id, Path(examples=["1823"])],
    model: Annotated[
        str, Path(description=f"One of {', '.join(CUSTOMER_MODELS)}.", examples=["churn_60d"])
    ],
    asked: Annotated[HistoryQuery, Query()],
    app: CurrentApp,
    sight: CurrentSight,
) -> HistoryPage:
    """Return the scores of nights and requests, newest first, each beside the one before it.

    `change.moves` are exact: the contributions of a feature now less those of then, on the scale
    of the raw margin, by the version that gave both scores and from what it read then. Where
    another version scored, the difference is not put on the customer. An answer repeated as of the
    same moment is one score with its `times`. `between_ends` compares the ends of `from` to `to`.
    """
    sight.require_customer(customer_id)
    whose = {"customer_id": customer_id, "model": model}
    found = app.history.of(customer_id, model, asked.asked(whose))
    sight.saw("customer", [customer_id])
    return HistoryPage(
        **whose,
        read_from=found.since,
        total=found.total,
        scores=list(found.scores),
        between_ends=found.between_ends,
        next_cursor=asked.following(found.following, whose),
    )
