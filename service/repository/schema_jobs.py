"""The tables of jobs: what was asked, how far it is, and which files hold what is done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.repository.schema import Base


class JobRow(Base):
    """A job; `owner` has it until `leased_until`, and nobody knows who asked for the oldest."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"
        ),
        Index(None, "state", "created_at"),
    )

    job_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    asked_by: Mapped[str | None]
    asked: Mapped[Mapping[str, Any]]
    state: Mapped[str]
    total: Mapped[int]
    scored: Mapped[int]
    unscored: Mapped[int]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    owner: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int]
    error: Mapped[Mapping[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class JobPartRow(Base):
    """A finished part of a job: the file this row names counts, whatever others lie beside it."""

    __tablename__ = "job_parts"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.job_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    file: Mapped[str] = mapped_column(Text)
