"""Secrets of webhooks are sealed; answers kept under idempotency keys lose those they hold."""

import sqlalchemy as sa
from alembic import context, op

from features.errors import StateError

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ENDPOINTS = sa.table(
    "webhook_endpoints",
    *(sa.column(name, sa.String()) for name in ("endpoint_id", "sealed", "old_sealed")),
)
_ANSWERS = sa.table(
    "idempotency_keys",
    sa.column("body", sa.LargeBinary()),
    sa.column("headers", sa.JSON()),
    *(sa.column(name, sa.String()) for name in ("caller_id", "route", "key")),
)


def upgrade() -> None:
    """Go to this version; what is in clear is sealed with the `seal` the caller gives."""
    for name in ("secret", "old_secret"):
        op.execute(f"ALTER TABLE webhook_endpoints RENAME COLUMN {name} TO {_after(name)}")
    database = op.get_bind()
    rows = database.execute(sa.select(_ENDPOINTS)).all()
    seal = context.config.attributes.get("seal") or _refused
    for row in rows:
        old = row.old_sealed
        values = {
            "sealed": seal(row.sealed, row.endpoint_id),
            "old_sealed": seal(old, row.endpoint_id) if old else None,
        }
        mine = _ENDPOINTS.c.endpoint_id == row.endpoint_id
        database.execute(sa.update(_ENDPOINTS).where(mine).values(values))
    emptied = _empty_answers(database)
    context.config.attributes["cleared"] = bool(rows or emptied)


def downgrade() -> None:
    """Go back to the version before; endpoints go, as nobody here can open their secrets."""
    op.execute("DELETE FROM webhook_deliveries")
    op.execute("DELETE FROM webhook_endpoints")
    for name in ("secret", "old_secret"):
        op.execute(f"ALTER TABLE webhook_endpoints RENAME COLUMN {_after(name)} TO {name}")


def _refused(_secret: str, _endpoint_id: str) -> str:
    raise StateError("Secrets of webhooks wait to be sealed", todo="Run `shuke webhooks list`.")


def _after(name: str) -> str:
    return name.replace("secret", "sealed")


def _empty_answers(database: sa.Connection) -> int:
    """Keep the keys taken, so that a retry does nothing anew; the answer is lost to it."""
    of_webhooks = _ANSWERS.c.route.startswith("POST /v1/webhooks"), _ANSWERS.c.body.is_not(None)
    holding = [
        row
        for row in database.execute(sa.select(_ANSWERS).where(*of_webhooks))
        if b"whsec_" in row.body
    ]
    for row in holding:
        of = [_ANSWERS.c[name] == getattr(row, name) for name in ("caller_id", "route", "key")]
        emptied = {"body": b"{}", "headers": {"content-type": "application/json"}}
        database.execute(sa.update(_ANSWERS).where(*of).values(emptied))
    return len(holding)
