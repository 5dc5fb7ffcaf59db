"""People: roles of keys, users and sessions, contacts, and an audit log nobody can rewrite."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_REFUSAL = "the audit log is append-only"


def upgrade() -> None:
    """Go to this version."""
    _callers()
    _keys()
    _users()
    _contacts()
    _audit()


def downgrade() -> None:
    """Go back to the version before."""
    postgres = op.get_bind().dialect.name == "postgresql"
    for table in ("audit_log", "contacts", "login_attempts", "sessions", "users"):
        op.drop_table(table)
    if postgres:
        op.execute("DROP FUNCTION shuke_refuse_change")
    for column in ("role", "store_ids", "staff_id", "last_used_at"):
        op.drop_column("api_keys", column)
    op.drop_column("jobs", "asked_by")
    op.execute("ALTER TABLE idempotency_keys RENAME COLUMN caller_id TO api_key_id")


def _callers() -> None:
    # Who asked for the jobs there are is not known: head office alone sees them.
    op.add_column("jobs", sa.Column("asked_by", sa.String(), nullable=True))
    op.execute("ALTER TABLE idempotency_keys RENAME COLUMN api_key_id TO caller_id")


def _keys() -> None:
    # Keys made before there were roles see what they saw: everybody.
    with op.batch_alter_table("api_keys") as keys:
        keys.add_column(sa.Column("role", sa.String(), nullable=False, server_default="service"))
        keys.add_column(sa.Column("store_ids", sa.JSON(), nullable=False, server_default="[]"))
        keys.add_column(sa.Column("staff_id", sa.String(), nullable=True))
        keys.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("api_keys") as keys:
        keys.alter_column("role", server_default=None)
        keys.alter_column("store_ids", server_default=None)


def _users() -> None:
    op.create_table(
        "users",
        *(_text(name) for name in ("user_id", "login", "name", "role")),
        sa.Column("store_ids", sa.JSON(), nullable=False),
        _text("staff_id", nullable=True),
        _text("hash"),
        _time("created_at"),
        _time("disabled_at", nullable=True),
        sa.PrimaryKeyConstraint("user_id", name="pk_users"),
        sa.UniqueConstraint("login", name="uq_users_login"),
    )
    op.create_table(
        "sessions",
        _text("token_hash"),
        _text("user_id"),
        *(_time(name) for name in ("created_at", "seen_at", "expires_at")),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name="fk_sessions_user_id"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "login_attempts",
        _counter("attempt_id", autoincrement=True),
        _text("login_digest"),
        _time("at"),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_login_attempts"),
    )
    op.create_index("ix_login_attempts_login_digest_at", "login_attempts", ["login_digest", "at"])


def _contacts() -> None:
    op.create_table(
        "contacts",
        *(_text(name) for name in ("subject_kind", "subject_id", "label", "kind")),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _text("lookup"),
        _text("key_id"),
        _time("updated_at"),
        sa.CheckConstraint(
            "subject_kind IN ('customer', 'lead')", name=op.f("ck_contacts_subject_kind")
        ),
        sa.CheckConstraint("kind IN ('phone', 'email')", name=op.f("ck_contacts_kind")),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", "label", name="pk_contacts"),
    )
    op.create_index("ix_contacts_lookup", "contacts", ["lookup"])
    op.create_index("ix_contacts_key_id", "contacts", ["key_id"])


def _audit() -> None:
    op.create_table(
        "audit_log",
        _counter("seq", autoincrement=False),
        _time("at"),
        *(_text(name) for name in ("who", "role", "action")),
        _text("subject", nullable=True),
        _text("route"),
        _text("request_id", nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        _text("previous"),
        _text("hash"),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_subject", "audit_log", ["subject"])
    if op.get_bind().dialect.name == "postgresql":
        _refuse_on_postgres()
    else:
        _refuse_on_sqlite()


def _refuse_on_sqlite() -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_log_no_{change.lower()} BEFORE {change} ON audit_log "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )


def _refuse_on_postgres() -> None:
    op.execute(
        "CREATE FUNCTION shuke_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION shuke_refuse_change()"
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _counter(name: str, *, autoincrement: bool) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, autoincrement=autoincrement, nullable=False)
