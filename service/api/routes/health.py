"""Whether the service lives, and whether it can answer."""

from dataclasses import asdict

from fastapi import APIRouter, Response, status

from service import readiness
from service.api.dependencies import CurrentApp
from service.api.schemas import Alive, Missing, Readiness
from service.telemetry import MEDIA_TYPE

router = APIRouter(tags=["operation"])


@router.get("/healthz", operation_id="alive", summary="Whether the process answers")
async def alive() -> Alive:
    """Answer; needs no key."""
    return Alive()  # without a thread, which may all wait for a database


@router.get(
    "/readyz",
    operation_id="ready",
    summary="Whether every route can answer",
    responses={503: {"model": Readiness, "description": "Something is missing; it is named"}},
)
def ready(response: Response, app: CurrentApp) -> Readiness:
    """Say what is missing, and what to do about it; needs no key."""
    found = readiness.missing(app)
    if found:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    missing = [Missing.model_validate(asdict(one)) for one in found]
    degraded = [Missing.model_validate(asdict(one)) for one in readiness.degraded(app)]
    return Readiness(ready=not found, missing=missing, degraded=degraded)


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(app: CurrentApp) -> Response:
    """Tell rate, errors and duration by route, scores by model, and the age of the features.

    Needs no key and names no customer; each worker process tells its own.
    """
    return Response(app.telemetry.page(), media_type=MEDIA_TYPE)
