"""Leads, attempts to reach them, what they are recognised by, rows that were imported."""

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
        "imported_rows",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("at", columns.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "leads",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("phones", columns.Json, nullable=False),
        sa.Column("emails", columns.Json, nullable=False),
        sa.Column("address", columns.Json, nullable=True),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("trade", sa.Text(), nullable=True),
        sa.Column("service_interest", sa.Text(), nullable=True),
        sa.Column("interest_level", sa.String(length=10), nullable=True),
        sa.Column("fit", columns.Json, nullable=False),
        sa.Column("consent", columns.Json, nullable=False),
        sa.Column("do_not_contact", sa.Boolean(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("lead_type", sa.String(length=4), nullable=False),
        sa.Column("lead_type_at", columns.UtcDateTime(), nullable=True),
        sa.Column("lead_type_evidence", sa.Text(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("score_parts", columns.Json, nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("generated_by", sa.Uuid(), nullable=True),
        sa.Column("received_at", columns.UtcDateTime(), nullable=False),
        sa.Column("first_response_due_at", columns.UtcDateTime(), nullable=True),
        sa.Column("first_responded_at", columns.UtcDateTime(), nullable=True),
        sa.Column("next_action_at", columns.UtcDateTime(), nullable=True),
        sa.Column("validity", columns.Json, nullable=True),
        sa.Column("duplicate_of", sa.Uuid(), nullable=True),
        sa.Column("converted_at", columns.UtcDateTime(), nullable=True),
        sa.Column("acceptance_id", sa.Uuid(), nullable=True),
        sa.Column("details", columns.Json, nullable=False),
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
    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leads_branch"), ["branch"], unique=False)
        batch_op.create_index(batch_op.f("ix_leads_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_leads_generated_by"), ["generated_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_leads_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_leads_source"), ["source"], unique=False)
        batch_op.create_index(batch_op.f("ix_leads_state"), ["state"], unique=False)

    op.create_table(
        "contact_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("at", columns.UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["leads.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("contact_attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_attempts_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "match_keys",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["leads.id"],
        ),
        sa.PrimaryKeyConstraint("lead_id", "why", "value"),
    )
    with op.batch_alter_table("match_keys", schema=None) as batch_op:
        batch_op.create_index("ix_match_keys_value", ["value", "why"], unique=False)
