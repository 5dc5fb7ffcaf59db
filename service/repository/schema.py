"""The tables of the records database."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from features.clock import naive, utc


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC in Python on every database; SQLite, which has no zones, stores naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment as the database stores it."""
        if value is None:
            return None
        return naive(value) if dialect.name == "sqlite" else utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment as aware UTC."""
        return None if value is None else utc(value)


class Base(DeclarativeBase):
    """Root of the models; constraints get names, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcTime,
        float: Double,
        Mapping[str, Any]: JSON,
        list[str]: JSON,
    }


class ApiKeyRow(Base):
    """An API key."""

    __tablename__ = "api_keys"

    key_id: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str]
    scopes: Mapped[list[str]]
    name: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    role: Mapped[str]
    store_ids: Mapped[list[str]]
    staff_id: Mapped[str | None]
    last_used_at: Mapped[datetime | None]


class StaffRow(Base):
    """One person of a store."""

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("role IN ('manager', 'guide')", name="role"),
        CheckConstraint("capacity >= 0", name="capacity"),
    )

    staff_id: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(index=True)
    role: Mapped[str]
    name: Mapped[str]
    capacity: Mapped[int]


class LeadRow(Base):
    """A lead, its score and whether the lake has it."""

    __tablename__ = "leads"
    __table_args__ = (Index(None, "created_at", "lead_id"),)

    lead_id: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    source: Mapped[str]
    medium: Mapped[str | None]
    campaign_id: Mapped[str | None]
    ad_group: Mapped[str | None]
    creative: Mapped[str | None]
    store_id: Mapped[str | None] = mapped_column(index=True)
    region: Mapped[str | None]
    customer_id: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    attributes: Mapped[Mapping[str, Any]]
    value: Mapped[float | None]
    percentile: Mapped[float | None]
    grade: Mapped[str | None]
    status: Mapped[str | None]
    model_version: Mapped[str | None]
    scored_at: Mapped[datetime | None]
    in_lake: Mapped[bool] = mapped_column(index=True)


class AssignmentRow(Base):
    """Who has a lead: one row for each lead, ever."""

    __tablename__ = "assignments"

    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.lead_id"), primary_key=True)
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.staff_id"), index=True)
    store_id: Mapped[str | None]
    reason: Mapped[str]
    policy_version: Mapped[str]
    assigned_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class TaskRow(Base):
    """Something to do for one customer or lead.

    `subject` says whom in one column that is never null: in a unique constraint two nulls are
    not equal, so customer_id and lead_id could not keep a rerun out.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("subject", "rule", "as_of"),
        CheckConstraint("status IN ('open', 'done', 'dismissed')", name="status"),
        CheckConstraint("(customer_id IS NULL) <> (lead_id IS NULL)", name="one_subject"),
        Index(None, "due_at", "task_id"),
        Index(None, "staff_id", "status"),
        Index(None, "store_id", "status"),
    )

    task_id: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    rule: Mapped[str]
    customer_id: Mapped[str | None]
    lead_id: Mapped[str | None] = mapped_column(ForeignKey("leads.lead_id"))
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.staff_id"))
    store_id: Mapped[str | None]
    as_of: Mapped[datetime]
    due_at: Mapped[datetime]
    title: Mapped[str]
    reason: Mapped[str]
    policy_version: Mapped[str]
    status: Mapped[str]


class MemberRow(Base):
    """One customer on the list a rule made at one moment."""

    __tablename__ = "list_members"

    rule: Mapped[str] = mapped_column(primary_key=True)
    as_of: Mapped[datetime] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int]
    group: Mapped[str]
    store_id: Mapped[str | None]
    expected_loss: Mapped[float]
    reason: Mapped[str]
    policy_version: Mapped[str]


class InboxRow(Base):
    """An accepted event, and how far it has come.

    `seq` is the order of arrival; a number is never given twice, whatever was deleted.
    """

    __tablename__ = "inbox"
    __table_args__ = (Index(None, "state", "seq"), {"sqlite_autoincrement": True})

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    event_id: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str]
    digest: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    ingested_at: Mapped[datetime]
    state: Mapped[str]
    error: Mapped[str | None] = mapped_column(Text)
