"""The page on webhooks shows what is really sent, and nothing personal is."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from service.webhooks.events import DriftDetected, EventType, HookEvent, drift_detected
from service.webhooks.policy import POLICY, wait
from tests.unit.service_webhooks.message_schema import SPEC, faults, message_schema
from tests.unit.service_webhooks.told import AT, NIGHT, TOLD

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text("utf-8")


def test_there_is_an_example_of_each_type() -> None:
    assert sorted(each.type for each in TOLD) == sorted(EventType)


@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.type.value)
def test_the_page_shows_the_message(event: HookEvent) -> None:
    shown = re.search(rf"### `{event.type.value}`\n.*?```json\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    assert json.loads(shown.group(1)) == json.loads(event.body)


@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.type.value)
def test_the_schema_describes_the_message_and_shows_it(event: HookEvent) -> None:
    [operation] = SPEC["webhooks"][event.type.value].values()
    kind = message_schema(event.type.value)
    assert list(operation["responses"]) == ["204"]
    assert SPEC["components"]["schemas"][kind["$ref"].split("/")[-1]]["example"] == json.loads(
        event.body
    )
    assert faults(kind, event.body) == []


@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.type.value)
def test_the_schema_refuses_what_is_not_sent(event: HookEvent) -> None:
    kind, message = message_schema(event.type.value), json.loads(event.body)
    others = [message | {"type": other} for other in EventType if other != event.type]
    others += [message | {"data": {}}, message | {"timestamp": "yesterday"}]
    others += [{name: told for name, told in message.items() if name != left} for left in message]
    assert all(faults(kind, json.dumps(other)) for other in others)


def test_the_schema_names_every_event_and_no_other() -> None:
    assert sorted(SPEC["webhooks"]) == sorted(EventType)


@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.type.value)
def test_a_message_says_what_when_and_nothing_personal(event: HookEvent) -> None:
    message = json.loads(event.body)
    assert list(message) == ["type", "timestamp", "data"]
    assert message["timestamp"] == "2017-12-30T01:12:09Z"
    personal = re.compile("name|phone|mail|title|reason|address|attributes")
    assert [key for key in message["data"] if personal.search(key)] == []
    assert "13800000000" not in event.body


def test_an_id_is_of_what_happened_and_not_of_when_it_was_told() -> None:
    def told(at: datetime) -> HookEvent:
        return drift_detected(DriftDetected("churn_60d", "3", NIGHT, 0.4, (), 1, 1), at)

    assert told(AT).event_id == told(AT + timedelta(days=1)).event_id
    assert len({event.event_id for event in TOLD}) == len(TOLD)


def test_the_page_names_the_waits_and_the_settings_there_are() -> None:
    waits = [wait(attempt, 0, POLICY.retry) for attempt in range(1, POLICY.retry.attempts)]
    seconds = [each.total_seconds() for each in waits if each is not None]
    assert seconds[:4] == [5, 20, 80, 320]
    assert [round(seconds[4] / 60), round(seconds[5] / 60)] == [21, 85]
    assert round(seconds[6] / 3_600, 1) == 5.7
    assert set(seconds[7:]) == {12 * 3_600}
    assert f"{POLICY.retry.attempts} attempts in" in PAGE
    assert f"within **{POLICY.timeout.seconds} seconds**" in PAGE
    assert f"For **{POLICY.grace.days * 24} hours** both" in PAGE
    assert f"For {POLICY.keep.days} days" in PAGE
