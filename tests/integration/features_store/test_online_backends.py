"""What is particular to one online backend: its URL, its server going away, its file."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

import pytest

from features.online.backend import Backend, Note, OnlineUnreachableError
from features.online.open import OnlineUrlError, open_backend
from tests.conftest import missing_server
from tests.online_urls import online_url

ROW = ("a", 1, b"packed")
PLACED = (1, b"packed")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def redis_server(port: int) -> Iterator[None]:
    """Run a Redis of this test's own that keeps nothing."""
    program = shutil.which("redis-server")
    if program is None:
        missing_server("redis-server", "PATH", FileNotFoundError("not installed"))
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield
        finally:
            server.terminate()


def test_by_default_rows_lie_in_a_file_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "online"
    backend = open_backend("", folder)
    assert not folder.exists()
    backend.write("space", [ROW])
    backend.close()
    assert (folder / "online.db").is_file()


def test_a_relative_file_and_an_absolute_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///some%20where/rows.db", f"sqlite:///{tmp_path}/some where/rows.db"):
        backend = open_backend(url, tmp_path / "unused")
        backend.write("space", [ROW])
        assert backend.count("space") == 1
        backend.close()


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root:secret@127.0.0.1/test",
        "redis",
        "sqlite://",
        "redis://:secret@127.0.0.1:port/0",
        "redis://127.0.0.1/0?max_connections=secret",
        "postgresql://root:secret@127.0.0.1/test?no_such_setting=1",
        "postgresql://[::1/test",
    ],
)
def test_a_bad_url_says_what_urls_there_are(url: str, tmp_path: Path) -> None:
    with pytest.raises(OnlineUrlError, match="SHUKE_ONLINE_URL") as caught:
        open_backend(url, tmp_path)
    assert "secret@" not in str(caught.value)
    assert "redis://" in caught.value.todo


@pytest.mark.parametrize("library", ["psycopg", "redis"])
def test_a_missing_library_says_how_to_install_it(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, "features.online.redis", raising=False)
    monkeypatch.delitem(sys.modules, "features.online.postgres", raising=False)
    url = {"psycopg": "postgresql://127.0.0.1/test", "redis": "redis://127.0.0.1"}[library]
    with pytest.raises(OnlineUrlError, match="not installed") as caught:
        open_backend(url, tmp_path)
    assert "pip install 'shuke[" in caught.value.todo


@pytest.mark.parametrize("scheme", ["postgresql", "redis"])
def test_a_server_that_is_not_there_is_named_without_its_password(
    scheme: str, tmp_path: Path
) -> None:
    port = free_port()
    backend = open_backend(f"{scheme}://user:secret@127.0.0.1:{port}/0", tmp_path)
    for call in (
        lambda: backend.read("space", ["a"]),
        lambda: backend.write("space", [ROW]),
        lambda: backend.set_note("space", Note(1, 1)),
        backend.spaces,
    ):
        with pytest.raises(OnlineUnreachableError) as caught:
            call()
        assert caught.value.where == f"{scheme}://127.0.0.1:{port}/0"
        assert "secret" not in str(caught.value)
    backend.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "online.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(OnlineUnreachableError, match="not a database") as caught:
        open_backend("", tmp_path).read("space", ["a"])
    assert caught.value.where == str(tmp_path / "online.db")
    (tmp_path / "file").touch()
    with pytest.raises(OnlineUnreachableError):
        open_backend("", tmp_path / "file" / "inside").spaces()


def test_postgresql_connections_cut_by_the_server_are_opened_again(tmp_path: Path) -> None:
    with online_url("postgres", tmp_path) as url:
        import psycopg

        name = f"cut-{uuid4().hex}"
        backend = open_backend(f"{url}&application_name={name}", tmp_path)
        backend.write("space", [ROW])
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as killer:

            def cut() -> None:
                query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                gone = killer.execute(query + "WHERE application_name = %s", (name,)).fetchall()
                assert len(gone) == 1

            cut()
            assert backend.read("space", ["a"]) == [PLACED]
            cut()
            assert backend.write("space", [("a", 2, b"next")]) == 1
            cut()
            assert backend.note("space") is None
        backend.close()


def test_a_redis_that_was_restarted_empty_has_no_note_either(tmp_path: Path) -> None:
    port = free_port()
    backend = open_backend(f"redis://127.0.0.1:{port}/0", tmp_path)
    with redis_server(port):
        backend.write("space", [ROW])
        backend.set_note("space", Note(1, 1))
        assert backend.note("space") == Note(1, 1)
    with redis_server(port):
        assert backend.note("space") is None
        assert backend.read("space", ["a"]) == [None]
        assert backend.write("space", [ROW]) == 1
    backend.close()


def test_tenants_share_a_redis_by_prefix(tmp_path: Path) -> None:
    with online_url("redis", tmp_path) as one, online_url("redis", tmp_path) as other:
        first, second = (open_backend(url, tmp_path) for url in (one, other))
        first.write("space", [ROW])
        assert second.read("space", ["a"]) == [None]
        assert second.spaces() == []
        first.close()
        second.close()


def make_and_count(url: str) -> int:
    """Be one of several processes that make the same space at once."""
    backend: Backend = open_backend(url, Path())
    stored = sum(backend.write(f"space-{n}", [ROW]) for n in range(5))
    backend.close()
    return stored


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_processes_may_make_the_same_tables_at_once(kind: str, tmp_path: Path) -> None:
    with online_url(kind, tmp_path) as url, get_context("spawn").Pool(4) as pool:
        assert pool.map(make_and_count, [url] * 4) == [5] * 4
        pool.close()
        pool.join()
