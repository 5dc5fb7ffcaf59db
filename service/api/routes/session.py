"""Logging in and out, and who one is."""

from fastapi import APIRouter, Request, Response, status

from service.api.dependencies import (
    SESSION_COOKIE,
    VIEWED,
    CurrentApp,
    CurrentShown,
    CurrentSight,
    CurrentViewer,
)
from service.api.problem_docs import problems
from service.api.session_schemas import LoginRequest, Me, SessionOut
from service.audit import Action, seen_by
from service.crm.permissions import AccessPolicy, Viewer, clear
from service.sessions import csrf_of

router = APIRouter(tags=["access"])


@router.post(
    "/session",
    operation_id="log_in",
    summary="Log in: open a session",
    status_code=status.HTTP_201_CREATED,
    responses=problems(400, 413, 429),
)
def log_in(
    asked: LoginRequest, request: Request, response: Response, app: CurrentApp
) -> SessionOut:
    """Open a session and put its token into a cookie that no script can read.

    Send `csrf_token` in `X-CSRF-Token` with every request of the session that changes something.
    After five failures under one name it has to wait a quarter of an hour.
    """
    opened = app.sessions.open(asked.login, asked.password.get_secret_value())
    request_id = request.scope.get("state", {}).get("request_id")
    app.audit.add(seen_by(opened.viewer, "log_in", request_id), Action.LOGIN)
    response.set_cookie(
        SESSION_COOKIE,
        opened.token,
        max_age=int(app.policies.sessions.longest.total_seconds()),
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="strict",
    )
    me = _me(opened.viewer, app.policies.access, opened.token)
    return SessionOut(me=me, expires_at=opened.expires_at)


@router.delete(
    "/session",
    operation_id="log_out",
    summary="Log out: end the session",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[VIEWED],
)
def log_out(response: Response, app: CurrentApp, sight: CurrentSight, shown: CurrentShown) -> None:
    """End the session of the cookie; with a key there is none to end, which is no error."""
    if shown.session:
        app.sessions.close(shown.session)
        app.audit.add(sight.occasion, Action.LOGOUT)
    response.delete_cookie(SESSION_COOKIE)


@router.get("/me", operation_id="me", summary="Who asks, and what they may do and see")
def me(app: CurrentApp, viewer: CurrentViewer, shown: CurrentShown) -> Me:
    """Return the role, scopes and stores of the key or of the user of the session."""
    return _me(viewer, app.policies.access, shown.session)


def _me(viewer: Viewer, policy: AccessPolicy, token: str | None) -> Me:
    return Me(
        who=viewer.who,
        name=viewer.name,
        role=viewer.role.value,
        scopes=sorted(viewer.scopes),
        store_ids=sorted(viewer.store_ids),
        staff_id=viewer.staff_id,
        contacts_in_clear=clear(viewer, policy),
        policy_version=policy.version,
        csrf_token=csrf_of(token) if token else None,
    )
