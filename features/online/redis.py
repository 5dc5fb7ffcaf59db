"""Packed rows in Redis: one hash per space, shared by many machines.

A value is its `as_of` (8 bytes, big endian, 2**63 added so that bytes order as times do) and then
what is stored. Notes lie likewise in the hash of spaces.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from features.online.backend import (
    READ_IDS,
    Incoming,
    Note,
    Patience,
    Row,
    batches,
    keyed,
    public,
    unreachable,
)

PREFIX: Final = "shuke"
SCRIPT_ROWS: Final = 500  # Redis does nothing else meanwhile, and Lua takes some thousand arguments

_SHIFT = 2**63
_TIME = 8

# Stores the pairs of field and value whose time is not older than that of the value there. Times
# are compared as two halves: a Lua number holds 53 bits only.
_PUT = """
local stored = 0
local fields = {}
for i = 3, #ARGV, 2 do fields[#fields + 1] = ARGV[i] end
local there = redis.call('HMGET', KEYS[1], unpack(fields))
local due = {}
for i = 1, #fields do
  local new, old = ARGV[2 * i + 2], there[i]
  local keep = false
  if old and #old >= 8 then
    local new_high, new_low = struct.unpack('>I4I4', new)
    local old_high, old_low = struct.unpack('>I4I4', old)
    keep = old_high > new_high or (old_high == new_high and old_low > new_low)
  end
  if not keep then
    due[#due + 1] = fields[i]
    due[#due + 1] = new
    stored = stored + 1
  end
end
if #due > 0 then redis.call('HSET', KEYS[1], unpack(due)) end
if ARGV[1] ~= '' then redis.call('HSETNX', ARGV[1], ARGV[2], '') end
return stored
"""


class RedisBackend:
    """Packed rows in one Redis server; see `Backend`.

    Nothing is opened before the first call; a connection that broke is opened again.

    Parameters
    ----------
    url
        `redis://`, `rediss://` or `unix://`. `?prefix=name` keeps tenants of one server apart.
    patience
        How long to wait for the server.
    """

    def __init__(self, url: str, patience: Patience | None = None) -> None:
        patience = patience or Patience()
        address, prefix = _split(url)
        self._where = public(url)
        self._prefix = prefix
        self._spaces = f"{prefix}:online"
        self._client = redis.Redis.from_url(
            address,
            socket_connect_timeout=patience.connect,
            socket_timeout=patience.answer,
            # Once more at once, as after a restart of the server; a pause would only add to it.
            retry=Retry(NoBackoff(), 1),
        )

    def read(self, space: str, ids: Sequence[str]) -> list[Row | None]:
        """Return the row of each id in the order given, None where there is none."""
        keys = [keyed(each) for each in ids]
        rows = self._rows_key(space)
        found: list[bytes | None] = []
        with self._speaking():
            for start in range(0, len(keys), READ_IDS):
                found += self._call("HMGET", rows, *keys[start : start + READ_IDS])
        return [None if value is None else (_moment(value), value[_TIME:]) for value in found]

    def write(self, space: str, rows: Iterable[Incoming]) -> int:
        """Store the rows that are not older than those there; return how many."""
        stored = 0
        with self._speaking():
            for batch in batches(rows):
                pipe = self._client.pipeline(transaction=False)
                for start in range(0, len(batch), SCRIPT_ROWS):
                    pairs = [
                        part
                        for key, as_of, packed in batch[start : start + SCRIPT_ROWS]
                        for part in (key, _stamp(as_of) + packed)
                    ]
                    pipe.eval(_PUT, 1, self._rows_key(space), self._spaces, space, *pairs)
                stored += sum(pipe.execute())
        return stored

    def remove(self, space: str, ids: Sequence[str]) -> int:
        """Remove the rows of some ids and return how many there were."""
        keys = [keyed(each) for each in ids]
        with self._speaking():
            return int(self._call("HDEL", self._rows_key(space), *keys)) if keys else 0

    def spaces(self) -> list[str]:
        """Return the names of all spaces, sorted."""
        with self._speaking():
            return sorted(name.decode() for name in self._call("HKEYS", self._spaces))

    def drop(self, space: str) -> None:
        """Remove a space with its rows and its note."""
        with self._speaking(), self._client.pipeline(transaction=True) as pipe:
            pipe.unlink(self._rows_key(space))
            pipe.hdel(self._spaces, space)
            pipe.execute()

    def count(self, space: str) -> int:
        """Return the number of rows of a space."""
        with self._speaking():
            return int(self._call("HLEN", self._rows_key(space)))

    def note(self, space: str) -> Note | None:
        """Return the note of a space; None if there is none."""
        with self._speaking():
            said = self._call("HGET", self._spaces, space)
        return Note(_moment(said), _moment(said[_TIME:])) if said else None

    def set_note(self, space: str, note: Note) -> None:
        """Replace the note of a space unless the one there has a newer `as_of`."""
        said = _stamp(note.as_of) + _stamp(note.at)
        with self._speaking():
            self._call("EVAL", _PUT, 1, self._spaces, "", "", space, said)

    def close(self) -> None:
        """Close all connections; a later call opens them again."""
        self._client.close()

    def _rows_key(self, space: str) -> str:
        return f"{self._prefix}:online:{space}"

    def _call(self, *command: Any) -> Any:
        return self._client.execute_command(*command)  # type: ignore[no-untyped-call]

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except redis.RedisError as error:
            raise unreachable(self._where, error) from error


def _split(url: str) -> tuple[str, str]:
    """Return the URL without our own parameter, and the prefix it gave."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    prefix = query.pop("prefix", PREFIX)
    return urlunsplit(parts._replace(query=urlencode(query))), prefix


def _stamp(microseconds: int) -> bytes:
    return (microseconds + _SHIFT).to_bytes(_TIME, "big")


def _moment(value: bytes) -> int:
    return int.from_bytes(value[:_TIME], "big") - _SHIFT
