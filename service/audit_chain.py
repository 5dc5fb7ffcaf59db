"""The chain of the audit log: each line holds the hash of the one before; pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from features.clock import utc

GENESIS = "0" * 64  # what the first line holds as the hash before it


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done.

    Attributes
    ----------
    who, role
        Id of the user or key, or ``cli:`` and the account on the machine; and what they are.
    subject
        Whom it was done to, as `named` writes it; None if not one person or thing.
    route
        The operation as the schema names it, or the command.
    details
        Numbers, digests and versions, the reason given for a model and the host of a receiver;
        never an id, a name, a phone number or an address of a person.
    """

    who: str
    role: str
    action: str
    route: str
    subject: str | None = None
    request_id: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in its place; `details` is the JSON that was hashed, to the byte."""

    seq: int
    at: datetime
    who: str
    role: str
    action: str
    subject: str | None
    route: str
    request_id: str | None
    details: str
    previous: str
    hash: str


_HASHED = tuple(name for name in Line.__dataclass_fields__ if name != "hash")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the chain found.

    Attributes
    ----------
    lines, head
        How many lines are sound, and the hash of the last of them.
    broken, why
        The number of the first line that is not as it was written, and what is wrong with it.
    """

    lines: int
    head: str
    broken: int | None = None
    why: str = ""


def named(kind: str, subject_id: str) -> str:
    """Return how the log names a subject: a digest, so that the log does not hold the id.

    Whoever knows the id finds its lines; whoever only has the log would have to guess it.
    """
    return f"{kind}:{_hash(f'{kind}:{subject_id}')[:32]}"


def digest(ids: Iterable[str]) -> str:
    """Return a digest of a set of ids, whatever their order."""
    return _hash("\n".join(sorted(set(ids))))


def _hash(text: str) -> str:
    # Whoever asks may write half a character, which names nobody and has to be told all the same.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sealed(entry: Entry, seq: int, at: datetime, previous: str) -> Line:
    """Return an entry as the line that follows the one whose hash is `previous`."""
    line = Line(
        seq=seq,
        at=utc(at),
        who=entry.who,
        role=entry.role,
        action=entry.action,
        subject=entry.subject,
        route=entry.route,
        request_id=entry.request_id,
        details=_canonical(entry.details),
        previous=previous,
        hash="",
    )
    return replace(line, hash=hash_of(line))


def hash_of(line: Line) -> str:
    """Return the hash a line should hold."""
    said = {name: getattr(line, name) for name in _HASHED}
    said["at"] = utc(line.at).isoformat(timespec="microseconds")
    return hashlib.sha256(_canonical(said).encode()).hexdigest()


def verified(lines: Iterable[Line], expected: str | None = None) -> Verdict:
    """Follow the chain from its first line and say where it breaks first.

    Parameters
    ----------
    expected
        A hash that some line must hold, noted when it was the last one.
    """
    count, head, met = 0, GENESIS, expected in (None, GENESIS)
    for line in lines:
        if why := _flaw(line, count + 1, head):
            return Verdict(count, head, line.seq, why)
        count, head, met = count + 1, line.hash, met or line.hash == expected
    if not met:
        return Verdict(count, head, count + 1, "lines after the last one were cut off")
    return Verdict(count, head)


def _flaw(line: Line, seq: int, previous: str) -> str:
    if line.seq != seq:
        return f"line {seq} is missing"
    if line.previous != previous:
        return "it does not follow the line before it"
    return "" if line.hash == hash_of(line) else "its content was changed"


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
