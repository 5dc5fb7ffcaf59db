"""The inbox keeps the same promises on SQLite and on PostgreSQL."""

import multiprocessing
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection

import pytest

from service.repository.inbox import Accepted, Backlog, Outcome, Sent, State
from service.repository.records import Records

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
A, D, C = Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.CONFLICT


def sent(event_id: str, digest: str = "d") -> Sent:
    return Sent(event_id, "order", digest, f'{{"event_id":"{event_id}"}}')


def add(records: Records, *events: Sent, at: datetime = AT) -> list[Outcome]:
    with records.transaction(durable=True) as work:
        return work.inbox.add(events, at)


def some(records: Records, state: State) -> list[Accepted]:
    with records.transaction(read_only=True) as work:
        return work.inbox.some(state, 10_000)


def ids(records: Records, state: State) -> list[str]:
    return [event.event_id for event in some(records, state)]


def test_an_event_is_accepted_once_and_other_content_under_its_id_is_a_conflict(
    records: Records,
) -> None:
    assert add(records, sent("b"), sent("a")) == [A, A]
    assert add(records, sent("a"), sent("b", "other"), sent("c")) == [D, C, A]
    assert add(records, sent("e"), sent("e"), sent("e", "other")) == [A, D, C]
    assert ids(records, State.PENDING) == ["b", "a", "c", "e"]
    assert some(records, State.PENDING)[0] == Accepted(1, "b", '{"event_id":"b"}', AT, None)


def test_a_transaction_that_breaks_accepts_nothing(records: Records) -> None:
    with pytest.raises(RuntimeError), records.transaction(durable=True) as work:
        work.inbox.add([sent("a")], AT)
        raise RuntimeError
    assert ids(records, State.PENDING) == []
    assert add(records, sent("a")) == [A]


def test_an_event_goes_its_way_and_the_backlog_says_how_far(records: Records) -> None:
    add(records, sent("a"))
    add(records, sent("b"), sent("c"), sent("d"), at=AT + timedelta(seconds=1))
    first, second, third, fourth = some(records, State.PENDING)
    with records.transaction() as work:
        work.inbox.move([first.seq], State.ONLINE)
        work.inbox.move([second.seq], State.IN_LAKE)
        work.inbox.set_aside({third.seq: "cannot be read"})
        work.inbox.move([], State.ONLINE)
        work.inbox.set_aside({})
        assert work.inbox.backlog() == Backlog(1, 1, 1, fourth.ingested_at)
    assert [(e.event_id, e.error) for e in some(records, State.FAILED)] == [("c", "cannot be read")]
    with records.transaction() as work:
        assert work.inbox.retry() == 1
        assert work.inbox.retry() == 0
    assert [(e.event_id, e.error) for e in some(records, State.PENDING)] == [
        ("c", None),
        ("d", None),
    ]


def test_what_is_in_the_lake_is_known_for_a_while_and_then_forgotten(records: Records) -> None:
    add(records, sent("old"), sent("waits"))
    add(records, sent("new"), at=AT + timedelta(days=2))
    old, _, new = some(records, State.PENDING)
    with records.transaction() as work:
        work.inbox.move([old.seq, new.seq], State.IN_LAKE)
    assert add(records, sent("old")) == [D]
    with records.transaction() as work:
        assert work.inbox.forget(AT + timedelta(days=1)) == 1
    assert ids(records, State.IN_LAKE) == ["new"]
    assert ids(records, State.PENDING) == ["waits"]
    assert add(records, sent("old")) == [A]
    assert some(records, State.PENDING)[-1].seq > new.seq, "a number is never given twice"


def test_calls_that_repeat_each_other_at_the_same_moment_accept_each_event_once(
    records: Records,
) -> None:
    events = [sent(str(number)) for number in range(300)]
    ways = [events, events[::-1], events[150:] + events[:150], events]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda way: add(records, *way), ways))
    assert sum(outcome.count(A) for outcome in outcomes) == 300
    assert sum(outcome.count(D) for outcome in outcomes) == 900
    assert len(set(ids(records, State.PENDING))) == 300


def test_only_durable_transactions_wait_for_the_disk(sqlite_url: str) -> None:
    records = Records(sqlite_url)
    records.migrate()
    synchronous = "PRAGMA synchronous"
    modes = []
    for durable in (False, True, False):
        with records.transaction(durable=durable) as work:
            modes.append(work.inbox._session.connection().exec_driver_sql(synchronous).scalar())
    records.close()
    normal, full = 1, 2
    assert modes == [normal, full, normal]


def _hold(url: str, said: Connection) -> None:
    turn = Records(url).turn("worker")
    said.send(turn.take())
    signal.pause()


def test_one_process_has_the_turn_until_it_is_killed(records: Records, url: str) -> None:
    here, there = multiprocessing.Pipe()
    holder = multiprocessing.get_context("spawn").Process(target=_hold, args=(url, there))
    holder.start()
    assert here.recv() is True
    turn, same, other = records.turn("worker"), records.turn("worker"), records.turn("nightly")
    assert (turn.take(), turn.held(), other.take()) == (False, False, True)
    holder.kill()
    holder.join()
    assert any(turn.take() for _ in range(1_000)), "the database ends the turn with its holder"
    assert (turn.take(), turn.held(), same.take()) == (True, True, False)
    turn.give_up()
    assert (turn.held(), same.take()) == (False, True)
    for each in (same, other):
        each.give_up()
