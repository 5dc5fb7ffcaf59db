"""What the schema says about problems: who answers which, and under which media type."""

from typing import Any

from fastapi import FastAPI

from service.api.errors import MEDIA_TYPE, Problem

_DESCRIPTIONS = {
    400: "The body is not JSON",
    401: "No key or session, or one that does not hold",
    403: "The key or role lacks the scope, or the session its csrf_token",
    404: "There is no such thing",
    413: "The body is too large",
    422: "The request does not fit the schema",
    429: "Too many attempts",
    503: "Something has to be done first; `todo` says what",
}
_REFERENCE = f"#/components/schemas/{Problem.__name__}"


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that can answer with these problems."""
    return {code: {"model": Problem, "description": _DESCRIPTIONS[code]} for code in statuses}


def install(api: FastAPI) -> None:
    """Let the schema of `api` name problems by their own media type.

    FastAPI documents every model under the media type of the route's good answer.
    """
    described = api.openapi

    def with_problems() -> dict[str, Any]:
        schema = described()
        for path in schema["paths"].values():
            for operation in path.values():
                for response in operation["responses"].values():
                    _rename(response)
        return schema

    api.openapi = with_problems  # type: ignore[method-assign]  # as FastAPI asks


def _rename(response: dict[str, Any]) -> None:
    content = response.get("content", {})
    plain = content.get("application/json", {})
    if plain.get("schema", {}).get("$ref") == _REFERENCE:
        response["content"] = {MEDIA_TYPE: plain}
