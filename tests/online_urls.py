"""URLs of empty online stores, each of a test's own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.conftest import missing_server

BACKENDS = ["sqlite", "postgres", "redis"]
POSTGRES = os.environ.get("SHUKE_TEST_POSTGRES", "postgresql+psycopg://127.0.0.1:5432/test")
REDIS = os.environ.get("SHUKE_TEST_REDIS", "redis://127.0.0.1:6379/0")


@contextmanager
def online_url(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty online store and empty it afterwards; skip without its server."""
    if kind == "postgres":
        with _schema() as url:
            yield url
    elif kind == "redis":
        with _prefix() as url:
            yield url
    else:
        yield f"sqlite:///{folder / 'online' / 'rows.db'}"


@contextmanager
def _schema() -> Iterator[str]:
    import psycopg

    schema, plain = f"online_{uuid4().hex}", POSTGRES.replace("+psycopg", "")
    try:
        with psycopg.connect(plain, autocommit=True, connect_timeout=5) as connection:
            connection.execute(f"CREATE SCHEMA {schema}".encode())
    except psycopg.OperationalError as error:
        missing_server("PostgreSQL", POSTGRES, error)
    yield f"{POSTGRES}?options=-csearch_path%3D{schema}"
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


@contextmanager
def _prefix() -> Iterator[str]:
    import redis

    prefix, client = f"test-{uuid4().hex}", redis.Redis.from_url(REDIS)
    try:
        client.ping()
    except redis.ConnectionError as error:
        missing_server("Redis", REDIS, error)
    yield f"{REDIS}?prefix={prefix}"
    for key in client.scan_iter(f"{prefix}:*"):
        client.unlink(key)
    client.close()
