"""Whatever is sent as events, the schema allowing it or not, is answered without a server error."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from features.clock import now
from service.api.app import create_app
from service.bootstrap import build
from service.keys import Scope, create
from service.settings import Settings

EXAMPLES = 40
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[object, str]]:
    home: Path = tmp_path_factory.mktemp("fuzzed")
    app = build(Settings(home=home))
    made = create("test", [Scope.EVENTS_WRITE], now())
    with app.records.transaction() as work:
        work.keys.add(made.record)
    yield create_app(app), made.clear
    app.records.close()


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_events_keep_their_schema_and_every_one_is_accounted_for(
    served: tuple[object, str], mode: GenerationMode
) -> None:
    api, key = served
    operation = schemathesis.openapi.from_asgi("/openapi.json", api)["/v1/events"]["POST"]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True)
    def answered(case: schemathesis.Case) -> None:
        answer = case.call_and_validate(headers={"X-API-Key": key}, checks=CHECKS)
        if answer.status_code == 202:
            said = answer.json()
            parts = said["accepted"] + len(said["duplicates"]) + len(said["rejected"])
            assert said["read"] == parts

    answered()


def test_the_scope_is_its_own(tmp_path: Path) -> None:
    app = build(Settings(home=tmp_path))
    reader = create("reader", [Scope.SCORES_READ, Scope.LEADS_WRITE], now())
    with app.records.transaction() as work:
        work.keys.add(reader.record)
    client = TestClient(create_app(app))
    answer = client.post("/v1/events", json={"events": [{}]}, headers={"X-API-Key": reader.clear})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert client.post("/v1/events", json={"events": [{}]}).status_code == 401
    app.records.close()
