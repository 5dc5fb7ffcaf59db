"""Whatever the schema allows, and what it does not, is answered without a server error."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.api.app import create_app
from service.bootstrap import build
from service.keys import Scope
from service.settings import Settings
from tests.integration.service.conftest import POLICIES, Night, copied, new_key

EXAMPLES = 15


@pytest.fixture(scope="module")
def served(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[object, str]]:
    home: Path = copied(night.home, tmp_path_factory.mktemp("fuzzed") / "home")
    app = build(Settings(home=home), policies=POLICIES)
    yield create_app(app), new_key(app, Scope.ADMIN)
    app.records.close()


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/scores/{model}"),
        ("POST", "/v1/scores/churn/what-if"),
        ("GET", "/v1/customers/{customer_id}/scores"),
        ("GET", "/v1/at-risk"),
        ("POST", "/v1/leads"),
        ("GET", "/v1/tasks"),
        ("POST", "/v1/session"),
        ("DELETE", "/v1/session"),
        ("GET", "/v1/me"),
        ("GET", "/v1/customers/{customer_id}/contacts"),
        ("PUT", "/v1/customers/{customer_id}/contacts/{kind}"),
        ("POST", "/v1/contacts/search"),
    ],
)
def test_every_operation_keeps_its_schema(
    served: tuple[object, str], method: str, path: str, mode: GenerationMode
) -> None:
    api, key = served
    operation = schemathesis.openapi.from_asgi("/openapi.json", api)[path][method]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True)
    def answered(case: schemathesis.Case) -> None:
        case.call_and_validate(
            headers={"X-API-Key": key},
            checks=[
                not_a_server_error,
                status_code_conformance,
                content_type_conformance,
                response_schema_conformance,
            ],
        )

    answered()
