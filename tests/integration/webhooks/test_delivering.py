"""Webhooks arrive, signed, at least once, and by one courier at a time."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from service.repository.records import Records
from service.webhooks.desk import WebhookDesk
from service.webhooks.events import EventType
from service.webhooks.policy import POLICY
from service.worker import in_background
from tests.clocks import Clock
from tests.integration.webhooks.deliveries import BY, SHORT, add, courier, found, happen, tasks
from tests.integration.webhooks.receiver import Receiver
from tests.unit.service_webhooks.message_schema import faults, message_schema
from tests.unit.service_webhooks.told import TOLD

RETRY = POLICY.retry


def test_an_event_arrives_once_signed_as_the_library_verifies(
    records: Records, desk: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    endpoint, told = add(desk, receiver.url), tasks(clock, 1)
    assert happen(records, clock, told) == 1
    sender = courier(desk, clock)
    assert [sender.deliver(), sender.deliver()] == [1, 0]
    (got,) = receiver.got
    assert got.signed_with(endpoint.secret)
    assert (got.path, got.headers["content-type"]) == ("/hooks?shop=1", "application/json")
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    message = json.loads(got.body)
    assert message["type"] == "task.created"
    assert message["data"]["task_id"] == told[0].task_id
    (delivery,) = found(desk)
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("delivered", 1, 204)
    assert delivery.event_id == got.event_id


def test_what_is_sent_of_each_type_fits_the_schema_of_the_api(
    records: Records, desk: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    desk.add(BY, receiver.url, list(EventType), allow_private=True)
    with records.transaction() as work:
        assert work.outbox.add(TOLD, clock()) == len(EventType)
    assert courier(desk, clock).deliver() == len(EventType)
    told = {json.loads(got.body)["type"]: got.body for got in receiver.got}
    assert {kind: faults(message_schema(kind), body) for kind, body in told.items()} == {
        kind: [] for kind in EventType
    }


def test_a_receiver_that_fails_is_tried_again_later_and_later_with_the_same_message(
    records: Records, desk: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    endpoint = add(desk, receiver.url)
    receiver.script = [500, 302, 404, 204]
    happen(records, clock, tasks(clock, 1))
    sender = courier(desk, clock)
    for wait in (RETRY.first, RETRY.first * 4, RETRY.first * 16):
        assert sender.deliver() == 1
        (delivery,) = found(desk, "waiting")
        assert delivery.next_at == clock.at + wait
        clock.at += wait - timedelta(microseconds=1)
        assert sender.deliver() == 0
        clock.at += timedelta(microseconds=1)
    assert sender.deliver() == 1
    assert found(desk)[0].state == "delivered"
    assert len(receiver.got) == 4
    assert len({(each.event_id, each.body) for each in receiver.got}) == 1
    assert {each.path for each in receiver.got} == {"/hooks?shop=1"}  # no redirect was followed
    # Signed anew at each attempt: only the newest is fresh enough for the library.
    assert receiver.got[-1].signed_with(endpoint.secret)


def test_after_three_days_a_delivery_is_dead_and_a_replay_starts_anew(
    records: Records, desk: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    add(desk, receiver.url)
    receiver.status = 503
    happen(records, clock, tasks(clock, 1))
    sender, began = courier(desk, clock), clock.at
    for _ in range(RETRY.attempts):
        assert sender.deliver() == 1
        clock.at = found(desk)[0].next_at
    (dead,) = found(desk, "dead")
    assert (dead.attempts, dead.last_error) == (RETRY.attempts, "answered 503")
    assert dead.ended_at is not None
    assert timedelta(days=2.5) < dead.ended_at - began < timedelta(days=3.5)
    clock.move(days=5)
    assert sender.deliver() == 0
    receiver.status = 200
    assert desk.replay(BY, [dead.delivery_id, "dlv_unknown"]) == 1
    assert sender.deliver() == 1
    assert found(desk)[0].state == "delivered"
    assert list(receiver.times.values()) == [RETRY.attempts + 1]


def test_what_arrived_can_be_replayed_and_what_waits_is_left_alone(
    records: Records, desk: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    add(desk, receiver.url)
    happen(records, clock, tasks(clock, 1))
    assert desk.replay(BY, [found(desk)[0].delivery_id]) == 0
    sender = courier(desk, clock)
    sender.deliver()
    assert desk.replay(BY, [found(desk)[0].delivery_id]) == 1
    sender.deliver()
    assert list(receiver.times.values()) == [2]


def test_a_receiver_that_is_down_rests_and_gets_everything_when_it_is_back(
    records: Records, desk: WebhookDesk, clock: Clock
) -> None:
    with Receiver() as known:
        pass
    add(desk, known.url)
    happen(records, clock, tasks(clock, 25))
    sender = courier(desk, clock)
    assert [sender.deliver(), sender.deliver()] == [POLICY.at_once, 0]
    tried = [each for each in found(desk) if each.last_error is not None]
    assert len(tried) == POLICY.at_once
    assert all("ConnectError" in str(each.last_error) for each in tried)
    with Receiver(port=known.port) as receiver:
        for _ in range(40):
            clock.at += POLICY.rest
            sender.deliver()
        assert len(receiver.times) == 25
        assert set(receiver.times.values()) == {1}
    assert {each.state for each in found(desk)} == {"delivered"}


def test_a_receiver_that_hangs_or_never_ends_does_not_hold_up_the_others(
    records: Records, desk: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    with Receiver(status=None) as hanging, Receiver(status=-1) as endless:
        for each in (hanging, endless, receiver):
            add(desk, each.url)
        happen(records, clock, tasks(clock, 1))
        courier(desk, clock, timeout=SHORT).deliver()
    waiting = found(desk, "waiting")
    assert [each.last_error for each in waiting] == ["no answer within 0.4 seconds"] * 2
    assert len(receiver.got) == 1


def test_a_receiver_that_is_gone_is_disabled(
    records: Records, desk: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    endpoint = add(desk, receiver.url)
    receiver.status = 410
    happen(records, clock, tasks(clock, 1))
    sender = courier(desk, clock)
    sender.deliver()
    assert desk.all()[0].enabled is False
    clock.move(days=1)
    assert sender.deliver() == 0
    receiver.status = 200
    desk.enable(BY, endpoint.endpoint.endpoint_id, enabled=True)
    assert sender.deliver() == 1


def test_of_several_couriers_each_delivery_is_taken_by_one(
    records: Records, desk: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    add(desk, receiver.url)
    happen(records, clock, tasks(clock, 60))
    couriers = [courier(desk, clock) for _ in range(3)]
    together = threading.Barrier(3)

    def work(number: int) -> int:
        together.wait()
        done = 0
        while count := couriers[number].deliver():
            done += count
        return done

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(work, range(3))) == 60
    assert len(receiver.times) == 60
    assert set(receiver.times.values()) == {1}


def test_what_a_courier_had_taken_when_it_died_is_sent_by_another_after_the_lease(
    records: Records, desk: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    add(desk, receiver.url)
    happen(records, clock, tasks(clock, 1))
    with records.transaction() as work:
        (lost,) = work.outbox.claim(clock(), POLICY.lease, endpoints=9, at_once=9)
    other = courier(desk, clock)
    assert other.deliver() == 0
    clock.at += POLICY.lease
    assert other.deliver() == 1
    (delivery,) = found(desk)
    assert (delivery.state, delivery.attempts) == ("delivered", 2)
    with records.transaction() as work:  # and if it was only slow, it changes nothing any more
        assert work.outbox.failed(lost, clock(), None, "late", None) is False
    assert found(desk) == [delivery]


def test_both_secrets_sign_after_a_rotation_until_the_grace_has_passed(
    records: Records, desk: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    old = add(desk, receiver.url)
    new = desk.rotate(BY, old.endpoint.endpoint_id)
    assert new.secret != old.secret
    sender = courier(desk, clock)
    for wait in (timedelta(), POLICY.grace):
        clock.at += wait
        happen(records, clock, tasks(clock, 1))
        sender.deliver()
    first, second = receiver.got
    assert [first.signed_with(each) for each in (old.secret, new.secret)] == [False, False]
    assert [second.signed_with(each) for each in (old.secret, new.secret)] == [False, True]
    clock.at -= POLICY.grace
    assert [first.signed_with(each) for each in (old.secret, new.secret)] == [True, True]


def test_old_deliveries_and_what_they_told_are_forgotten(
    records: Records, desk: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    add(desk, receiver.url)
    happen(records, clock, tasks(clock, 2))
    sender = courier(desk, clock)
    sender.deliver()
    clock.at += POLICY.keep
    happen(records, clock, tasks(clock, 1, first=2))
    sender.forget()
    assert len(found(desk)) == 3
    clock.move(seconds=1)
    sender.forget()
    assert len(found(desk)) == 1
    assert sender.deliver() == 1


def test_a_courier_in_a_thread_delivers_until_it_is_told_to_stop(
    records: Records, desk: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    add(desk, receiver.url)
    before = threading.active_count()
    end = in_background(courier(desk, clock))
    happen(records, clock, tasks(clock, 3))
    settled = threading.Event()
    for _ in range(600):
        if len(found(desk, "delivered")) == 3:
            break
        settled.wait(0.05)
    end()
    assert len(found(desk, "delivered")) == 3
    assert threading.active_count() == before
