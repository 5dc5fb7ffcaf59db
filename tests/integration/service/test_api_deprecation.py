"""A route that will go says so with every answer."""

from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

import pytest
from fastapi.testclient import TestClient

from service.api.app import create_app
from service.api.deprecation import deprecated
from service.bootstrap import build
from service.errors import NotFoundError
from service.settings import Settings


@pytest.mark.parametrize(("number", "status"), [("1", 200), ("0", 404), ("x", 422)])
def test_a_deprecated_route_says_since_when_until_when_and_what_instead(
    tmp_path_factory: pytest.TempPathFactory, number: str, status: int
) -> None:
    app = build(Settings(home=tmp_path_factory.mktemp("old")))
    api = create_app(app)

    @api.get(
        "/v1/old/{number}",
        **deprecated(since=date(2026, 1, 2), until=date(2027, 1, 2), instead="/v1/new"),
    )
    def old(number: int) -> int:
        if number == 0:
            raise NotFoundError("There is nothing")
        return number

    client = TestClient(api, raise_server_exceptions=False)
    answer = client.get(f"/v1/old/{number}")
    assert answer.status_code == status
    since = datetime(2026, 1, 2, tzinfo=UTC)
    assert answer.headers["deprecation"] == f"@{since.timestamp():.0f}"
    assert parsedate_to_datetime(answer.headers["sunset"]) == datetime(2027, 1, 2, tzinfo=UTC)
    assert answer.headers["link"] == '</v1/new>; rel="successor-version"'
    assert "deprecation" not in client.get("/healthz").headers
    operation = client.get("/openapi.json").json()["paths"]["/v1/old/{number}"]["get"]
    assert (operation["deprecated"], operation["x-sunset"]) == (True, "2027-01-02")
    app.records.close()
