"""Opportunities with offers and sales, appointments, question sets and answers."""

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
        "opportunities",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("lead_number", sa.String(length=20), nullable=True),
        sa.Column("door", sa.String(length=12), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("prospect", columns.Json, nullable=False),
        sa.Column("site", columns.Json, nullable=True),
        sa.Column("bill_to", columns.Json, nullable=True),
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("inside_rep_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("product_interest", sa.Text(), nullable=False),
        sa.Column("trade", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("financing_activity", sa.String(length=40), nullable=True),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("stage_type", sa.String(length=5), nullable=False),
        sa.Column("stage_since", columns.UtcDateTime(), nullable=False),
        sa.Column("last_open_stage", sa.String(length=40), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        sa.Column("expected_value", columns.Exact(14, 3), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("expected_close", sa.Date(), nullable=True),
        sa.Column("next_follow_up_at", columns.UtcDateTime(), nullable=True),
        sa.Column("qualified", sa.Boolean(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("disqualified_by", columns.Json, nullable=False),
        sa.Column("override", columns.Json, nullable=True),
        sa.Column("selected_estimate_id", sa.Uuid(), nullable=True),
        sa.Column("selected_at", columns.UtcDateTime(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("lost", columns.Json, nullable=True),
        sa.Column("received_at", columns.UtcDateTime(), nullable=False),
        sa.Column("first_response_due_at", columns.UtcDateTime(), nullable=True),
        sa.Column("first_contacted_at", columns.UtcDateTime(), nullable=True),
        sa.Column("converted_at", columns.UtcDateTime(), nullable=True),
        sa.Column("won_at", columns.UtcDateTime(), nullable=True),
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
        sa.UniqueConstraint("lead_id"),
        sa.UniqueConstraint("number"),
    )
    with op.batch_alter_table("opportunities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opportunities_branch"), ["branch"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunities_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunities_inside_rep_id"), ["inside_rep_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunities_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunities_salesperson_id"), ["salesperson_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunities_stage"), ["stage"], unique=False)

    op.create_table(
        "question_sets",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=15), nullable=False),
        sa.Column("scope", columns.Json, nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=True),
        sa.Column("questions", columns.Json, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agg_seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("updated_at", columns.UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key", "number"),
    )
    with op.batch_alter_table("question_sets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_question_sets_branch"), ["branch"], unique=False)
        batch_op.create_index(batch_op.f("ix_question_sets_created_at"), ["created_at"], unique=False)

    op.create_table(
        "answer_sheets",
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("set_key", sa.String(length=80), nullable=False),
        sa.Column("set_id", sa.Uuid(), nullable=False),
        sa.Column("answers", columns.Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["opportunities.id"],
        ),
        sa.ForeignKeyConstraint(
            ["set_id"],
            ["question_sets.id"],
        ),
        sa.PrimaryKeyConstraint("opportunity_id", "set_key"),
    )
    op.create_table(
        "appointments",
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("starts_at", columns.UtcDateTime(), nullable=False),
        sa.Column("ends_at", columns.UtcDateTime(), nullable=False),
        sa.Column("window_starts_at", columns.UtcDateTime(), nullable=True),
        sa.Column("window_ends_at", columns.UtcDateTime(), nullable=True),
        sa.Column("assignee_ids", columns.Json, nullable=False),
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("inside_rep_id", sa.Uuid(), nullable=True),
        sa.Column("address", columns.Json, nullable=True),
        sa.Column("contact", columns.Json, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("chain", columns.Json, nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("done_at", columns.UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agg_seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("updated_at", columns.UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["opportunities.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("appointments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appointments_branch"), ["branch"], unique=False)
        batch_op.create_index(batch_op.f("ix_appointments_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_appointments_inside_rep_id"), ["inside_rep_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appointments_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appointments_opportunity_id"), ["opportunity_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appointments_salesperson_id"), ["salesperson_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appointments_starts_at"), ["starts_at"], unique=False)

    op.create_table(
        "contact_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("at", columns.UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["opportunities.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("contact_attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_attempts_opportunity_id"), ["opportunity_id"], unique=False)

    op.create_table(
        "offers",
        sa.Column("estimate_id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["opportunities.id"],
        ),
        sa.PrimaryKeyConstraint("estimate_id"),
    )
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offers_opportunity_id"), ["opportunity_id"], unique=False)

    op.create_table(
        "sales",
        sa.Column("acceptance_id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("estimate_id", sa.Uuid(), nullable=False),
        sa.Column("total", columns.Exact(14, 3), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("accepted_at", columns.UtcDateTime(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("undone_at", columns.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["opportunities.id"],
        ),
        sa.PrimaryKeyConstraint("acceptance_id"),
    )
    with op.batch_alter_table("sales", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sales_opportunity_id"), ["opportunity_id"], unique=False)

    op.create_table(
        "appointment_assignees",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", columns.UtcDateTime(), nullable=False),
        sa.Column("ends_at", columns.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointments.id"],
        ),
        sa.PrimaryKeyConstraint("appointment_id", "person_id"),
    )
    with op.batch_alter_table("appointment_assignees", schema=None) as batch_op:
        batch_op.create_index("ix_assignees_time", ["person_id", "ends_at"], unique=False)
