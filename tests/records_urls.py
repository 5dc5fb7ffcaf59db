"""Fixtures: the records on SQLite and on PostgreSQL; a conftest that wants them imports them."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from service.repository.records import Records
from tests.conftest import missing_server

POSTGRES = os.environ.get("SHUKE_TEST_POSTGRES", "postgresql+psycopg://127.0.0.1:5432/test")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'state' / 'records.db'}"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """Return the URL of an empty PostgreSQL schema of this test's own."""
    schema, engine = f"shuke_{uuid4().hex}", create_engine(POSTGRES)
    try:
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    except OperationalError as error:
        missing_server("PostgreSQL", POSTGRES, error)
    yield f"{POSTGRES}?options=-csearch_path%3D{schema}"
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def records(url: str) -> Iterator[Records]:
    records = Records(url)
    records.migrate()
    yield records
    records.close()
