"""A CSV answer sends while its rows are read, and lets go of them when a caller leaves."""

import asyncio
from collections.abc import Iterator

import pytest

from features.errors import StateError
from service.api.lists import as_csv

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [], "asgi": {"version": "3.0"}}


class Source:
    """Rows in parts, as a database hands them out; knows what was read and if it was closed."""

    def __init__(self, parts: int) -> None:
        self.parts = parts
        self.read = 0
        self.closed = False

    def rows(self) -> Iterator[list[list[object]]]:
        try:
            for number in range(self.parts):
                self.read += 1
                yield [[number]]
        finally:
            self.closed = True


def sent(source: Source, *, leaves_after: int | None = None) -> list[tuple[str, int]]:
    """Return each text sent, with the parts read by then; the caller may leave after some."""
    texts: list[tuple[str, int]] = []
    gone = asyncio.Event()

    async def receive() -> dict[str, object]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        if body:
            texts.append((body.decode(), source.read))
        if leaves_after is not None and len(texts) > leaves_after:
            gone.set()
            await asyncio.sleep(3600)

    async def answer() -> None:
        await as_csv("list", ["n"], source.rows())(SCOPE, receive, send)  # type: ignore[arg-type]

    asyncio.run(answer())
    return texts


def test_the_first_bytes_leave_before_the_last_row_is_read() -> None:
    source = Source(50)
    texts = sent(source)
    assert texts[0] == ("\ufeffn\r\n", 1)
    assert [read for _, read in texts[1:4]] == [1, 2, 3]
    assert "".join(text for text, _ in texts).count("\r\n") == 51
    assert source.closed


def test_a_caller_who_leaves_ends_the_reading() -> None:
    source = Source(1_000_000)
    sent(source, leaves_after=3)
    assert source.read < 10
    assert source.closed


def test_what_fails_at_once_is_an_error_and_not_half_a_file() -> None:
    def rows() -> Iterator[list[list[object]]]:
        raise StateError("No customer was scored yet")
        yield []

    with pytest.raises(StateError):
        as_csv("list", ["n"], rows())


def test_a_list_of_nobody_is_a_header() -> None:
    assert "".join(text for text, _ in sent(Source(0))) == "\ufeffn\r\n"
