import pytest

from service.bootstrap import build
from service.crm.tasks import Task
from service.repository.outbox import Wanted
from service.webhooks.announcing import announce_tasks
from service.webhooks.events import EventType
from tests.clocks import Clock
from tests.integration.shuke.conftest import Shuke
from tests.integration.webhooks.deliveries import tasks as some_tasks

URL = "https://crm.example.com/hooks"


def happen(task: Task) -> None:
    app = build()
    with app.records.transaction() as work:
        work.tasks.add_new([task])
        announce_tasks(work, [task], app.clock())
    app.records.close()


def test_an_endpoint_from_its_making_to_its_end(shuke: Shuke) -> None:
    added = shuke("webhooks", "add", URL, "--event", "task.created", "--description", "the CRM")
    endpoint_id, secret = added.out.split()
    assert secret.startswith("whsec_")
    listed = shuke("webhooks", "list").out
    assert endpoint_id in listed
    assert URL in listed
    assert secret not in listed
    rotated = shuke("webhooks", "rotate", endpoint_id).out.strip()
    assert rotated.startswith("whsec_")
    assert rotated != secret
    happen(some_tasks(Clock(), 1)[0])
    assert "waiting" in shuke("webhooks", "deliveries").out
    assert "task.created" not in shuke("webhooks", "deliveries", "--state", "dead").out
    assert "0 deliveries" in shuke("webhooks", "replay").out
    assert "disabled" in shuke("webhooks", "disable", endpoint_id).out
    assert "enabled" in shuke("webhooks", "enable", endpoint_id).out
    assert "removed" in shuke("webhooks", "remove", endpoint_id).out
    assert endpoint_id not in shuke("webhooks", "list").out


def test_without_a_choice_an_endpoint_is_sent_every_type(shuke: Shuke) -> None:
    shuke("webhooks", "add", URL)
    (endpoint,) = build().webhooks.all()
    assert endpoint.events == sorted(EventType)


def test_a_dead_delivery_is_replayed(shuke: Shuke) -> None:
    shuke("webhooks", "add", URL)
    happen(some_tasks(Clock(), 1)[0])
    app = build()
    with app.records.transaction() as work:
        (due,) = work.outbox.claim(app.clock(), app.webhooks.policy.lease, endpoints=1, at_once=1)
        work.outbox.failed(due, app.clock(), None, "no answer", None)
    assert due.delivery_id in shuke("webhooks", "deliveries", "--state", "dead").out
    assert "1 deliveries" in shuke("webhooks", "replay").out
    assert [d.state for d in app.webhooks.deliveries(Wanted(), limit=9)] == ["waiting"]
    app.records.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", URL, "--event", "score.changed"), "score.band_changed"),
        (("add", "http://crm.example.com"), "webhook-url-refused"),
        (("add", "https://10.0.0.1/"), "webhook-url-refused"),
        (("add", "http://10.0.0.1/", "--allow-private"), "SHUKE_WEBHOOK_ALLOW_PRIVATE"),
        (("rotate", "whk_none"), "not-found"),
        (("disable", "whk_none"), "not-found"),
        (("remove", "whk_none"), "not-found"),
        (("replay", "dlv_1", "--endpoint", "whk_1"), "--endpoint"),
    ],
)
def test_what_cannot_be_done_says_why(shuke: Shuke, arguments: tuple[str, ...], said: str) -> None:
    ended = shuke("webhooks", *arguments)
    assert ended.code == 2
    assert said in ended.err
