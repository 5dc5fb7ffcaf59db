"""What a place for packed rows can do, whatever server or file it is."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit

from features.errors import UnreachableError

Row = tuple[int, bytes]  # as_of in microseconds since 1970 (UTC), packed row
Incoming = tuple[str, int, bytes]  # id, as_of, packed row
Keyed = tuple[bytes, int, bytes]  # the same with the id as stored

BATCH_ROWS: Final = 5000  # one atomic write; what other writers wait for
BATCH_BYTES: Final = 16 * 2**20
READ_IDS: Final = 500  # in one query


class OnlineUnreachableError(UnreachableError):
    """The server or file of the online store cannot be used now."""

    code = "online-store-unreachable"


class Note(NamedTuple):
    """What was last put online: the moment it describes and when, microseconds since 1970."""

    as_of: int
    at: int


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds.

    Attributes
    ----------
    connect
        For a server to take a connection; PostgreSQL's library knows no less than 2.
    answer
        For its answer, or for another writer to finish.
    """

    connect: float = 5.0
    answer: float = 30.0


class Backend(Protocol):
    """Packed rows by space and id; the newest row of an id wins.

    A space names a feature set under certain definitions. It comes into being with its first row
    or note and goes with `drop`. All methods may be called from several threads and processes.

    Raises
    ------
    OnlineUnreachableError
        From any method, if file or server cannot be used.
    """

    def read(self, space: str, ids: Sequence[str]) -> list[Row | None]:
        """Return the row of each id in the order given, None where there is none."""
        ...

    def write(self, space: str, rows: Iterable[Incoming]) -> int:
        """Store rows and return how many were stored.

        A row is stored only if the one there is not newer, decided atomically. Of two rows of one
        id in a batch the newer counts, of two equally old the later.
        """
        ...

    def remove(self, space: str, ids: Sequence[str]) -> int:
        """Remove the rows of some ids and return how many there were; no trace of them stays."""
        ...

    def spaces(self) -> list[str]:
        """Return the names of all spaces, sorted."""
        ...

    def drop(self, space: str) -> None:
        """Remove a space with its rows and its note; one that is not there is no error."""
        ...

    def count(self, space: str) -> int:
        """Return the number of rows of a space."""
        ...

    def note(self, space: str) -> Note | None:
        """Return the note of a space; None if there is none."""
        ...

    def set_note(self, space: str, note: Note) -> None:
        """Replace the note of a space unless the one there has a newer `as_of`."""
        ...

    def close(self) -> None:
        """Give files and connections back; a later call opens them again."""
        ...


def keep(backend: Backend, spaces: Collection[str]) -> list[str]:
    """Drop all spaces but these; return the names of those dropped."""
    unneeded = [space for space in backend.spaces() if space not in spaces]
    for space in unneeded:
        backend.drop(space)
    return unneeded


def keyed(customer_id: str) -> bytes:
    """Return the id as stored: bytes, as PostgreSQL takes no NUL in a text."""
    return customer_id.encode("utf-8", "surrogatepass")


def batches(rows: Iterable[Incoming]) -> Iterator[list[Keyed]]:
    """Cut rows into batches, each with one row per id, in the order of the ids.

    That order keeps concurrent writers from waiting for each other in a circle.
    """
    batch: dict[bytes, Keyed] = {}
    size = 0
    for customer_id, as_of, packed in rows:
        key = keyed(customer_id)
        there = batch.get(key)
        if there is None or there[1] <= as_of:
            batch[key] = (key, as_of, packed)
        size += len(packed)
        if len(batch) == BATCH_ROWS or size >= BATCH_BYTES:
            yield sorted(batch.values())
            batch, size = {}, 0
    if batch:
        yield sorted(batch.values())


def table_of(space: str) -> str:
    """Return the name of the SQL table that holds a space; safe to stand in a statement."""
    return f"shuke_online_{hashlib.sha256(space.encode()).hexdigest()[:24]}"


def public(url: str) -> str:
    """Return a URL without user and password, fit for a message; empty for an empty one."""
    if not url:
        return ""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def unreachable(where: str, why: Exception) -> OnlineUnreachableError:
    """Return the error for a file or server that cannot be used."""
    return OnlineUnreachableError(
        f"The online store cannot be reached: {str(why).strip() or type(why).__name__}",
        where=where,
        todo="See that it runs and that SHUKE_ONLINE_URL names it.",
    )
