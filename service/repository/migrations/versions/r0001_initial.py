"""Initial schema: keys, staff, leads, assignments, tasks and lists."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "api_keys",
        _text("key_id"),
        _text("hash"),
        sa.Column("scopes", sa.JSON(), nullable=False),
        _text("name"),
        _time("created_at"),
        _time("expires_at", nullable=True),
        _time("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_keys"),
    )
    op.create_table(
        "staff",
        _text("staff_id"),
        _text("store_id"),
        _text("role"),
        _text("name"),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.CheckConstraint("role IN ('manager', 'guide')", name=op.f("ck_staff_role")),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_staff_capacity")),
        sa.PrimaryKeyConstraint("staff_id", name="pk_staff"),
    )
    op.create_index("ix_staff_store_id", "staff", ["store_id"])
    op.create_table(
        "leads",
        _text("lead_id"),
        _time("created_at"),
        _text("source"),
        _text("medium", nullable=True),
        _text("campaign_id", nullable=True),
        _text("ad_group", nullable=True),
        _text("creative", nullable=True),
        _text("store_id", nullable=True),
        _text("region", nullable=True),
        _text("customer_id", nullable=True),
        _time("expires_at", nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("percentile", sa.Double(), nullable=True),
        _text("grade", nullable=True),
        _text("status", nullable=True),
        _text("model_version", nullable=True),
        _time("scored_at", nullable=True),
        sa.Column("in_lake", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", name="pk_leads"),
    )
    op.create_index("ix_leads_created_at_lead_id", "leads", ["created_at", "lead_id"])
    op.create_index("ix_leads_in_lake", "leads", ["in_lake"])
    op.create_index("ix_leads_store_id", "leads", ["store_id"])
    op.create_table(
        "assignments",
        _text("lead_id"),
        _text("staff_id", nullable=True),
        _text("store_id", nullable=True),
        _text("reason"),
        _text("policy_version"),
        _time("assigned_at"),
        _time("closed_at", nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.lead_id"], name="fk_assignments_lead_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name="fk_assignments_staff_id"),
        sa.PrimaryKeyConstraint("lead_id", name="pk_assignments"),
    )
    op.create_index("ix_assignments_staff_id", "assignments", ["staff_id"])
    op.create_table(
        "tasks",
        _text("task_id"),
        _text("subject"),
        _text("rule"),
        _text("customer_id", nullable=True),
        _text("lead_id", nullable=True),
        _text("staff_id", nullable=True),
        _text("store_id", nullable=True),
        _time("as_of"),
        _time("due_at"),
        _text("title"),
        _text("reason"),
        _text("policy_version"),
        _text("status"),
        sa.CheckConstraint("status IN ('open', 'done', 'dismissed')", name=op.f("ck_tasks_status")),
        sa.CheckConstraint(
            "(customer_id IS NULL) <> (lead_id IS NULL)", name=op.f("ck_tasks_one_subject")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.lead_id"], name="fk_tasks_lead_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name="fk_tasks_staff_id"),
        sa.PrimaryKeyConstraint("task_id", name="pk_tasks"),
        sa.UniqueConstraint("subject", "rule", "as_of", name="uq_tasks_subject_rule_as_of"),
    )
    op.create_index("ix_tasks_due_at_task_id", "tasks", ["due_at", "task_id"])
    op.create_index("ix_tasks_staff_id_status", "tasks", ["staff_id", "status"])
    op.create_index("ix_tasks_store_id_status", "tasks", ["store_id", "status"])
    op.create_table(
        "list_members",
        _text("rule"),
        _time("as_of"),
        _text("customer_id"),
        sa.Column("rank", sa.Integer(), nullable=False),
        _text("group"),
        _text("store_id", nullable=True),
        sa.Column("expected_loss", sa.Double(), nullable=False),
        _text("reason"),
        _text("policy_version"),
        sa.PrimaryKeyConstraint("rule", "as_of", "customer_id", name="pk_list_members"),
    )


def downgrade() -> None:
    """Go back to an empty database."""
    for table in ("list_members", "tasks", "assignments", "leads", "staff", "api_keys"):
        op.drop_table(table)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
