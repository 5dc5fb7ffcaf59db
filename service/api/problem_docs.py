"""What the schema says beyond what FastAPI does: problems by their media type, whole examples."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, JsonValue

from models_registry.score import Score
from service.api.errors import MEDIA_TYPE, Problem
from service.api.score_examples import SCORE_ONE

_DESCRIPTIONS = {
    400: "The body is not JSON",
    401: "No key or session, or one that does not hold",
    403: "The key or role lacks the scope, or the session its csrf_token",
    404: "There is no such thing",
    408: "The body comes too slowly",
    409: "Something else is under way, or it does not go together with the present state",
    413: "The body is too large",
    422: "The request does not fit the schema",
    429: "Too many requests; `Retry-After` says when to come back",
    503: "Something has to be done first, or is away: then `Retry-After` says when to repeat",
    504: "The answer takes too long; what was begun may still end",
    507: "There is no room left to write",
}
_TOO_SLOW, _TOO_LARGE = 408, 413
_REFERENCE = f"#/components/schemas/{Problem.__name__}"


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that can answer with these problems.

    A body that may be too large may also come too slowly: 413 brings 408 with it.
    """
    also = (_TOO_SLOW,) if _TOO_LARGE in statuses else ()
    told = (*statuses, *also)
    return {code: {"model": Problem, "description": _DESCRIPTIONS[code]} for code in told}


def install(api: FastAPI) -> None:
    """Let the schema of `api` name problems by their own media type, and show whole examples.

    FastAPI documents every model under the media type of the route's good answer, and leaves out
    of an example what is null in it, which in an answer is not left out.
    """
    described = api.openapi

    def with_problems() -> dict[str, Any]:
        schema = described()
        for path in schema["paths"].values():
            for operation in path.values():
                for response in operation["responses"].values():
                    _rename(response)
        for told in schema["webhooks"].values():
            for operation in told.values():
                operation["responses"].pop("422", None)  # others answer here, and not like that
        models = schema["components"]["schemas"]
        models |= {
            name: models[name] | {"example": example}
            for name, example in _examples().items()
            if name in models
        }
        return schema

    api.openapi = with_problems  # type: ignore[method-assign]  # as FastAPI asks


def _rename(response: dict[str, Any]) -> None:
    content = response.get("content", {})
    plain = content.get("application/json", {})
    if plain.get("schema", {}).get("$ref") == _REFERENCE:
        response["content"] = {MEDIA_TYPE: plain}


def _examples() -> dict[str, JsonValue]:
    """Return the example of every model of ours that has one, by the name it has in the schema."""
    found: dict[str, JsonValue] = {Score.__name__: SCORE_ONE}
    kinds: list[type[BaseModel]] = [BaseModel]
    for kind in kinds:
        kinds += kind.__subclasses__()
        extra = kind.model_config.get("json_schema_extra")
        if kind.__module__.startswith(__package__ or "") and isinstance(extra, dict):
            found[kind.__name__] = extra["example"]
    return found
