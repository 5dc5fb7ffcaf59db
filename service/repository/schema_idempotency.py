"""The table of calls made under an idempotency key."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from service.repository.schema import Base


class IdempotencyRow(Base):
    """A call and its answer; `status`, `headers` and `body` are null while it is in flight."""

    __tablename__ = "idempotency_keys"

    caller_id: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    token: Mapped[str]
    locked_until: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    headers: Mapped[Mapping[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    body: Mapped[bytes | None]
