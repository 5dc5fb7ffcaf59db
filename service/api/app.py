"""The HTTP API: routes over an `App` that was wired elsewhere."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing

import structlog
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import iter_route_contexts
from fastapi_offline import FastAPIOffline

from features.errors import ShukeError
from service.api import errors, idempotency, problem_docs, webhook_messages
from service.api.deprecation import DeprecationMiddleware
from service.api.middleware import (
    BodyLimitMiddleware,
    RequestIdMiddleware,
    SecurityHeadersMiddleware,
)
from service.api.problem_docs import problems
from service.api.rate_limits import RateHeadersMiddleware
from service.api.routes import (
    at_risk,
    contacts,
    customer_list,
    customers,
    events,
    health,
    jobs,
    lead_list,
    leads,
    scores,
    session,
    tasks,
    webhooks,
    what_if,
)
from service.api.time_limits import TimeLimitMiddleware
from service.audit import at_the_machine
from service.bootstrap import App
from service.champions import MODELS, following
from service.keys import Verifier
from service.logs import configure_logs
from service.policy_audit import note_policies
from service.worker import Endless, in_background

_log = structlog.get_logger("shuke.api")
_NOBODY = ""
_LATE = 504
_ANYWHERE = (401, 403, 422, 429, 503, _LATE, 507)

_DESCRIPTION = """
Calibrated scores with reasons for every customer and lead, and the few actions worth taking today.

Send an API key as `X-API-Key`, or as `Authorization: Bearer`. Make one with `shuke keys create`.
People log in with `POST /v1/session`. Whoever asks sees the rows and fields of their role alone.
Every error is a problem document (RFC 9457) that says what went wrong, where, and what to do.
"""

_TAGS = [
    {"name": "scores", "description": "Scores of customers and leads, with reasons."},
    {"name": "jobs", "description": "Sets of scores too large for one answer."},
    {"name": "customers", "description": "All that is predicted of one customer."},
    {"name": "contacts", "description": "Phone numbers and e-mail addresses, kept encrypted."},
    {"name": "lists", "description": "Customers and leads by filter and order, as JSON or CSV."},
    {"name": "events", "description": "What happens in the shops, as it happens."},
    {"name": "leads", "description": "Capture: score, grade and route a prospect at once."},
    {"name": "tasks", "description": "What the shops have to do."},
    {"name": "webhooks", "description": "Who is told what happens, signed."},
    {"name": "access", "description": "Sessions of people, and who one is."},
    {"name": "operation", "description": "Whether the service lives and can answer."},
]


def create_app(app: App, *aside: Endless) -> FastAPI:
    """Return the ASGI application that serves `app`.

    Parameters
    ----------
    aside
        What else this process does, each in a thread while the application runs: folding events,
        jobs, delivering webhooks. What is not here is left to another process.

    Notes
    -----
    Handlers are plain functions: the server runs them in its thread pool, so a slow model or
    query never blocks another request's sockets.
    """
    api = FastAPIOffline(
        docs_url="/docs",
        redoc_url=None,
        title="Shuke",
        version=app.settings.version,
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        lifespan=_warmed,
        # Traces leave only for the collector that OTEL_EXPORTER_OTLP_ENDPOINT names; FastAPI's own
        # log records would carry what clients sent.
        telemetry={
            "meter_provider": app.telemetry.meters,
            "auto_configure": True,
            "logs": False,
        },
        swagger_ui_parameters={"validatorUrl": None, "docExpansion": "list"},
    )
    idempotency.install(api, app)
    api.add_middleware(
        BodyLimitMiddleware, max_bytes=app.settings.max_body_bytes, by_path=app.settings.body_limits
    )
    api.add_middleware(TimeLimitMiddleware, policy=app.policies.serving)
    api.add_middleware(RateHeadersMiddleware)
    api.add_middleware(DeprecationMiddleware)
    api.add_middleware(SecurityHeadersMiddleware)
    api.add_middleware(RequestIdMiddleware)
    errors.install(api)
    problem_docs.install(api)
    webhook_messages.install(api)
    api.state.app = app
    api.state.aside = aside
    api.state.verifier = Verifier()
    lists = (at_risk, customer_list, lead_list)
    people = (customers, contacts, session)
    for module in (scores, what_if, jobs, *people, *lists, events, leads, tasks, webhooks):
        api.include_router(module.router, prefix="/v1", responses=problems(*_ANYWHERE))
    api.include_router(health.router, responses=problems(_LATE))
    return api


@asynccontextmanager
async def _warmed(api: FastAPI) -> AsyncIterator[None]:
    """Load what the first request would otherwise wait for, before the first is taken."""
    configure_logs()
    app: App = api.state.app
    current_default_thread_limiter().total_tokens = app.policies.serving.threads
    # FastAPI builds the routes as they are first walked.
    deque(iter_route_contexts(api.routes), maxlen=0)
    await run_in_threadpool(note_policies, app.audit, app.policies, at_the_machine("serve"))
    await run_in_threadpool(_warm, app)
    following_them = following(app.champions, app.settings.registry_look_seconds)
    with following_them, closing(app.shadow):
        async with AsyncExitStack() as ends:
            for each in api.state.aside:
                ends.push_async_callback(run_in_threadpool, in_background(each))
            yield


def _warm(app: App) -> None:
    try:
        missing = app.champions.load_all()
        models = [model for model in MODELS if model not in missing]
        if models and app.store.materialized() is not None:
            app.store.online(app.champions.get(models[0]).meta.feature_service, [_NOBODY])
    except ShukeError as error:
        # /readyz names it; whatever needs no model can answer meanwhile.
        _log.warning("not ready", error=str(error))
