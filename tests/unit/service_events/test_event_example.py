"""The example of the schema's page is what the API takes and gives."""

from datetime import UTC, datetime

from service.api.event_examples import EVENTS_REQUEST, EVENTS_RESPONSE
from service.api.event_schemas import EventsRequest, EventsResponse
from service.events.reading import check

NOW = datetime(2018, 1, 1, 6, tzinfo=UTC)


def test_the_example_is_answered_as_its_answer_says() -> None:
    asked = EventsRequest.model_validate(EVENTS_REQUEST)
    said = EventsResponse.model_validate(EVENTS_RESPONSE)
    assert said.model_dump(mode="json") == EVENTS_RESPONSE
    assert said.read == said.accepted + len(said.duplicates) + len(said.rejected)
    [refused] = check(asked.events, NOW).refused
    [expected] = said.rejected
    assert (refused.index, refused.event_id) == (expected.index, expected.event_id)
    assert (refused.field, refused.reason) == (expected.field, expected.reason)
