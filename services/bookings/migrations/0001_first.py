"""Customers, jobs, sales, booking orders with their chain of assignments."""

import sqlalchemy as sa
from alembic import op

from libs.common import columns
from libs.common.migrations import kernel_0001

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    kernel_0001.create()
    op.create_table(
        "customer_keys",
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("why", "value"),
    )
    with op.batch_alter_table("customer_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_keys_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "customers",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tax_status", sa.Text(), nullable=False),
        sa.Column("bill_to", columns.Json, nullable=False),
        sa.Column("contacts", columns.Json, nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agg_seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("updated_at", columns.UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customers_branch"), ["branch"], unique=False)
        batch_op.create_index(batch_op.f("ix_customers_created_at"), ["created_at"], unique=False)

    op.create_table(
        "sales",
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("steps", columns.Json, nullable=False),
        sa.Column("moves", columns.Json, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("total", columns.Exact(14, 3), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("estimate_id", sa.Uuid(), nullable=False),
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("change_order", sa.Boolean(), nullable=False),
        sa.Column("accepted", columns.Json, nullable=False),
        sa.Column("undone", columns.Json, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agg_seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("updated_at", columns.UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("sales", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sales_branch"), ["branch"], unique=False)
        batch_op.create_index(batch_op.f("ix_sales_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sales_estimate_id"), ["estimate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sales_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sales_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sales_opportunity_id"), ["opportunity_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sales_state"), ["state"], unique=False)

    op.create_table(
        "jobs",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("site", columns.Json, nullable=True),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("acceptance_id", sa.Uuid(), nullable=False),
        sa.Column("estimate_id", sa.Uuid(), nullable=False),
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agg_seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("updated_at", columns.UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("acceptance_id"),
        sa.UniqueConstraint("customer_id", "name"),
        sa.UniqueConstraint("number"),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_jobs_branch"), ["branch"], unique=False)
        batch_op.create_index(batch_op.f("ix_jobs_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_jobs_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_jobs_opportunity_id"), ["opportunity_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_jobs_status"), ["status"], unique=False)

    op.create_table(
        "bookings",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("acceptance_ids", columns.Json, nullable=False),
        sa.Column("estimate_ids", columns.Json, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("contract_total", columns.Exact(14, 3), nullable=False),
        sa.Column("deposit_due", columns.Exact(14, 3), nullable=False),
        sa.Column("deposit_paid", columns.Exact(14, 3), nullable=False),
        sa.Column("deposit_waived", sa.Boolean(), nullable=False),
        sa.Column("cancel_until", columns.UtcDateTime(), nullable=True),
        sa.Column("site", columns.Json, nullable=True),
        sa.Column("contact", columns.Json, nullable=True),
        sa.Column("checklist", columns.Json, nullable=False),
        sa.Column("permits", sa.Text(), nullable=True),
        sa.Column("access_notes", sa.Text(), nullable=True),
        sa.Column("window_starts_at", columns.UtcDateTime(), nullable=True),
        sa.Column("window_ends_at", columns.UtcDateTime(), nullable=True),
        sa.Column("ordering_status", sa.String(length=12), nullable=False),
        sa.Column("scheduling_status", sa.String(length=12), nullable=False),
        sa.Column("hold", columns.Json, nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_by", sa.Uuid(), nullable=True),
        sa.Column("due_at", columns.UtcDateTime(), nullable=True),
        sa.Column("acknowledge_by", columns.UtcDateTime(), nullable=True),
        sa.Column("escalated_at", columns.UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("accepted_at", columns.UtcDateTime(), nullable=True),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", columns.UtcDateTime(), nullable=True),
        sa.Column("completed_at", columns.UtcDateTime(), nullable=True),
        sa.Column("returned", columns.Json, nullable=True),
        sa.Column("cancelled", columns.Json, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agg_seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("updated_at", columns.UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    with op.batch_alter_table("bookings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bookings_assignee_id"), ["assignee_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bookings_branch"), ["branch"], unique=False)
        batch_op.create_index(batch_op.f("ix_bookings_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_bookings_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bookings_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bookings_opportunity_id"), ["opportunity_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bookings_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_bookings_team_id"), ["team_id"], unique=False)

    op.create_table(
        "booking_assignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_by", sa.String(length=80), nullable=False),
        sa.Column("assigned_at", columns.UtcDateTime(), nullable=False),
        sa.Column("due_at", columns.UtcDateTime(), nullable=True),
        sa.Column("acknowledge_by", columns.UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("outcome_at", columns.UtcDateTime(), nullable=True),
        sa.Column("outcome_by", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["bookings.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("booking_assignments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_booking_assignments_booking_id"), ["booking_id"], unique=False)

    op.create_table(
        "booking_parts",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("acceptance_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("estimate_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("total", columns.Exact(14, 3), nullable=False),
        sa.Column("deposit_due", columns.Exact(14, 3), nullable=False),
        sa.Column("lines", columns.Json, nullable=False),
        sa.Column("materials", columns.Json, nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("cancel_until", columns.UtcDateTime(), nullable=True),
        sa.Column("added_at", columns.UtcDateTime(), nullable=False),
        sa.Column("change_order", sa.Boolean(), nullable=False),
        sa.Column("acknowledge_by", columns.UtcDateTime(), nullable=True),
        sa.Column("acknowledged_at", columns.UtcDateTime(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["bookings.id"],
        ),
        sa.PrimaryKeyConstraint("booking_id", "acceptance_id"),
    )
    with op.batch_alter_table("booking_parts", schema=None) as batch_op:
        batch_op.create_index(
            "ux_live_acceptance",
            ["acceptance_id"],
            unique=True,
            postgresql_where=sa.text("live"),
            sqlite_where=sa.text("live"),
        )
