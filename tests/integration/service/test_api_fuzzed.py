"""Whatever the schema allows, and what it does not, is answered as the schema says."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from service.api.app import create_app
from service.bootstrap import build
from service.keys import Scope
from service.settings import Settings
from tests.integration.service.conftest import POLICIES, Night, copied, new_key

EXAMPLES = 15
SPEC = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text("utf-8"))
OPERATIONS = [
    (method.upper(), path, mode)
    for path, methods in SPEC["paths"].items()
    for method, operation in methods.items()
    for mode in GenerationMode
    # Where nothing can be sent, nothing wrong can be.
    if mode is GenerationMode.POSITIVE or {"parameters", "requestBody"} & operation.keys()
]
# Refused by what a schema cannot say: names of another model's features, cursors, filters, orders,
# two moments in the wrong order, a key that came with another body, an address not to be called.
BEYOND_THE_SCHEMA = {
    "bad-input",
    "bad-cursor",
    "bad-filter",
    "bad-sort",
    "idempotency-key-reused",
    "webhook-url-refused",
}


@pytest.fixture(scope="module")
def served(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[object, str]]:
    home: Path = copied(night.home, tmp_path_factory.mktemp("fuzzed") / "home")
    # Every operation is tried with wrong keys as well, more often than an address may in earnest.
    app = build(Settings(home=home, rate_limit_attempts=10_000), policies=POLICIES)
    yield create_app(app), new_key(app, Scope.ADMIN)
    app.records.close()


@pytest.mark.parametrize(("method", "path", "mode"), OPERATIONS)
def test_every_operation_keeps_its_schema(
    served: tuple[object, str], method: str, path: str, mode: GenerationMode
) -> None:
    api, key = served
    operation = schemathesis.openapi.from_asgi("/openapi.json", api)[path][method]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )
    def answered(case: schemathesis.Case) -> None:
        headers = {"X-API-Key": key}
        response = case.call(headers=headers)
        case.validate_response(response, headers=headers, excluded_checks=excused(response))

    answered()


def excused(response: schemathesis.Response) -> list[Callable[..., bool | None]]:
    """Return the checks that do not hold of an answer; all others there are do."""
    kind = response.headers.get("content-type", [""])[0]
    told = response.json() if kind.endswith("json") and response.content else {}
    if response.status_code == 422:
        faults = {fault["code"] for fault in told["errors"]}
        if told["code"] in BEYOND_THE_SCHEMA or faults == {"value_error"}:
            return [positive_data_acceptance]
    if response.status_code == 202 and told.get("rejected"):
        return [negative_data_rejection]  # each event by itself, within the answer
    return []
