"""Idempotency keys, and webhooks: endpoints, the outbox and its deliveries."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "idempotency_keys",
        _text("api_key_id"),
        _text("route"),
        _text("key"),
        _text("digest"),
        _text("token"),
        _time("locked_until"),
        _time("expires_at"),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("api_key_id", "route", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_expires_at", "idempotency_keys", ["expires_at"])
    op.create_table(
        "webhook_endpoints",
        _text("endpoint_id"),
        _text("url"),
        sa.Column("events", sa.JSON(), nullable=False),
        _text("description"),
        _text("secret"),
        _text("old_secret", nullable=True),
        _time("old_until", nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("allow_private", sa.Boolean(), nullable=False),
        _time("created_at"),
        _time("rests_until", nullable=True),
        sa.PrimaryKeyConstraint("endpoint_id", name="pk_webhook_endpoints"),
    )
    op.create_table(
        "outbox",
        _text("event_id"),
        _text("type"),
        sa.Column("body", sa.Text(), nullable=False),
        _time("occurred_at"),
        sa.PrimaryKeyConstraint("event_id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_occurred_at", "outbox", ["occurred_at"])
    op.create_table(
        "webhook_deliveries",
        _text("delivery_id"),
        _text("event_id"),
        _text("endpoint_id"),
        _text("state"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _time("next_at"),
        _text("token", nullable=True),
        _time("created_at"),
        _time("ended_at", nullable=True),
        _time("last_at", nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        _text("last_error", nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'dead')", name=op.f("ck_webhook_deliveries_state")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["outbox.event_id"], name="fk_webhook_deliveries_event_id"
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.endpoint_id"],
            name="fk_webhook_deliveries_endpoint_id",
        ),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_webhook_deliveries"),
    )
    for columns in (
        ["state", "endpoint_id", "next_at"],
        ["created_at", "delivery_id"],
        ["event_id"],
        ["endpoint_id"],
    ):
        name = "_".join(["ix_webhook_deliveries", *columns])
        op.create_index(name, "webhook_deliveries", columns)


def downgrade() -> None:
    """Go back to the version before."""
    for table in ("webhook_deliveries", "outbox", "webhook_endpoints", "idempotency_keys"):
        op.drop_table(table)


def _text(name: str, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.String(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> "sa.Column[datetime]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
