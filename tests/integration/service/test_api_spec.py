"""The schema that is kept is the one that is served, and its ids are stable."""

import json
from pathlib import Path

from fastapi.testclient import TestClient

from service.api.spec import spec_text
from shuke.steps import api_schema

KEPT = Path(__file__).parents[3] / "docs" / "openapi.json"


def operations() -> dict[str, dict]:
    paths = json.loads(KEPT.read_text("utf-8"))["paths"]
    return {f"{method} {path}": one for path in paths for method, one in paths[path].items()}


def test_the_schema_served_is_the_one_kept(client: TestClient) -> None:
    assert spec_text(client.app) == KEPT.read_text("utf-8"), "Run `make openapi`"  # type: ignore[arg-type]
    assert client.get("/openapi.json").json() == json.loads(KEPT.read_text("utf-8"))


def test_the_command_writes_the_schema_that_is_kept() -> None:
    assert api_schema() == KEPT.read_text("utf-8")


def test_every_operation_has_an_id_of_its_own_a_summary_and_a_description() -> None:
    every = operations()
    assert len({one["operationId"] for one in every.values()}) == len(every)
    assert [name for name, one in every.items() if not one["summary"]] == []
    assert [name for name, one in every.items() if not one["description"]] == []


def test_every_problem_is_of_its_own_media_type() -> None:
    for name, one in operations().items():
        for status, response in one["responses"].items():
            if status >= "400" and name != "get /readyz":
                assert list(response["content"]) == ["application/problem+json"], (name, status)


def test_the_limits_of_time_and_of_bodies_are_told_where_they_are_met() -> None:
    for name, one in operations().items():
        told = {int(status) for status in one["responses"]}
        assert 504 in told, name
        assert {408, 413} & told in (set(), {408, 413}), name
        assert "requestBody" not in one or {400, 408, 413} <= told, name


def test_every_body_has_an_example() -> None:
    spec = json.loads(KEPT.read_text("utf-8"))
    schemas = spec["components"]["schemas"]
    for name, one in operations().items():
        for content in [one.get("requestBody", {}), *one["responses"].values()]:
            for body in content.get("content", {}).values():
                kind = body.get("schema", {}).get("$ref", "").split("/")[-1]
                if kind not in ("", "Alive"):
                    assert "example" in body or "example" in schemas[kind], (name, kind)
