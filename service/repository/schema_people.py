"""The tables of users and their sessions, contacts and the audit log."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from service.repository.schema import Base

_COUNTER = BigInteger().with_variant(Integer, "sqlite")


class UserRow(Base):
    """Somebody who logs in."""

    __tablename__ = "users"

    user_id: Mapped[str] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    store_ids: Mapped[list[str]]
    staff_id: Mapped[str | None]
    hash: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class SessionRow(Base):
    """A session; `token_hash` is all that is kept of its token."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.user_id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class LoginAttemptRow(Base):
    """A login that failed, or is being tried; a digest stands for the name given."""

    __tablename__ = "login_attempts"
    __table_args__ = (Index(None, "login_digest", "at"),)

    attempt_id: Mapped[int] = mapped_column(_COUNTER, primary_key=True, autoincrement=True)
    login_digest: Mapped[str]
    at: Mapped[datetime]


class ContactRow(Base):
    """A phone number or e-mail address, readable with a data key alone.

    `key_id` names the key that sealed it, and `lookup` is the value's keyed digest under it.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        CheckConstraint("subject_kind IN ('customer', 'lead')", name="subject_kind"),
        CheckConstraint("kind IN ('phone', 'email')", name="kind"),
    )

    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    lookup: Mapped[str] = mapped_column(index=True)
    key_id: Mapped[str] = mapped_column(index=True)
    updated_at: Mapped[datetime]


class AuditRow(Base):
    """One line of the audit log, chained to the one before; triggers keep it as it was written."""

    __tablename__ = "audit_log"

    seq: Mapped[int] = mapped_column(_COUNTER, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    who: Mapped[str]
    role: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str | None] = mapped_column(index=True)
    route: Mapped[str]
    request_id: Mapped[str | None]
    details: Mapped[str] = mapped_column(Text)
    previous: Mapped[str]
    hash: Mapped[str]
