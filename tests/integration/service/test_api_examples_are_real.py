"""The examples of the schema have the shape of what a running service answers to them."""

import json
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.bootstrap import App, build_job_runner

SPEC = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text("utf-8"))
KNOWN = {"818": "C00001", "1544": "C00002"}  # of the example's shop -> of this one


def alike(one: Any, other: Any) -> bool:
    """Say whether two answers have the same names and kinds; nothing is like anything."""
    if one is None or other is None:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        both = [(one, other), (other, one)]
        return not (one and other) or all(
            any(alike(each, match) for match in theirs) for ours, theirs in both for each in ours
        )
    if isinstance(one, int | float) and isinstance(other, int | float):
        return isinstance(one, bool) == isinstance(other, bool)
    return type(one) is type(other)


def example(content: dict) -> Any:
    """Return the example of a body, its own or that of its schema."""
    body = content["application/json"]
    name = body["schema"].get("$ref", "").split("/")[-1]
    return body["example"] if "example" in body else SPEC["components"]["schemas"][name]["example"]


def known_here(asked: Any) -> Any:
    text = json.dumps(asked)
    for theirs, ours in KNOWN.items():
        text = text.replace(f'"{theirs}"', f'"{ours}"')
    return json.loads(text)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("post", "/v1/scores/{model}", 200),
        ("post", "/v1/scores/{model}/features", 200),
        ("get", "/v1/scores/{model}/{id}?explain=top_k&top_k=1", 200),
        ("post", "/v1/scores/churn/what-if", 200),
        ("post", "/v1/jobs/scores", 202),
        ("get", "/v1/customers/{customer_id}/scores", 200),
        ("get", "/v1/customers/{customer_id}/scores/{model}/history", 200),
        ("get", "/v1/at-risk", 200),
        ("post", "/v1/events", 202),
        ("post", "/v1/leads", 201),
        ("get", "/v1/tasks", 200),
        ("get", "/readyz", 200),
    ],
)
def test_an_example_is_shaped_like_the_answer_to_it(
    client: TestClient, method: str, path: str, status: int
) -> None:
    operation = SPEC["paths"][path.split("?")[0]][method]
    body = operation.get("requestBody")
    asked = known_here(example(body["content"])) if body else None
    url = path.format(model="churn_60d", id="C00001", customer_id="C00001")
    answer = client.request(method, url, json=asked)
    assert answer.status_code == status, answer.text
    told = example(operation["responses"][str(status)]["content"])
    assert alike(answer.json(), told), json.dumps(answer.json(), indent=1)


def test_the_example_of_a_job_is_a_job_that_is_done(client: TestClient, app: App) -> None:
    asked = known_here(example(SPEC["paths"]["/v1/jobs/scores"]["post"]["requestBody"]["content"]))
    job = client.post("/v1/jobs/scores", json=asked).json()
    assert build_job_runner(app).work(Event())
    told = example(SPEC["paths"]["/v1/jobs/{job_id}"]["get"]["responses"]["200"]["content"])
    answer = client.get(job["links"]["self"]).json()
    assert alike(answer, told)
    for name in ("state", "kind", "format", "progress", "as_of"):
        assert answer[name] == told[name]


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": 1}, {"b": 1}), ([{"a": 1}], [{"a": "x"}]), (1, True), ([1, "x"], [1]), ({}, [])],
)
def test_what_differs_in_kind_is_not_alike(one: object, other: object) -> None:
    assert not alike(one, other)
