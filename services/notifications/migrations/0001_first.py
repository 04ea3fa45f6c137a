"""Messages, preferences, and what is watched of others' records."""

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
        "appointment_watch",
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("assignee_ids", columns.Json, nullable=False),
        sa.Column("starts_at", columns.UtcDateTime(), nullable=False),
        sa.Column("ends_at", columns.UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("appointment_watch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appointment_watch_starts_at"), ["starts_at"], unique=False)

    op.create_table(
        "booking_watch",
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("booking_watch", schema=None) as batch_op:
        batch_op.create_index("ix_booking_watch_state", ["state", "branch"], unique=False)

    op.create_table(
        "estimate_watch",
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", columns.UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("estimate_watch", schema=None) as batch_op:
        batch_op.create_index(
            "ix_estimate_watch_expires_at",
            ["expires_at"],
            unique=False,
            postgresql_where=sa.text("expires_at IS NOT NULL"),
            sqlite_where=sa.text("expires_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_estimate_watch_salesperson_id_expires_at",
            ["salesperson_id", "expires_at"],
            unique=False,
            postgresql_where=sa.text("expires_at IS NOT NULL"),
            sqlite_where=sa.text("expires_at IS NOT NULL"),
        )

    op.create_table(
        "lead_watch",
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("response_due_at", columns.UtcDateTime(), nullable=True),
        sa.Column("follow_up_at", columns.UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("lead_watch", schema=None) as batch_op:
        batch_op.create_index(
            "ix_lead_watch_follow_up_at",
            ["follow_up_at"],
            unique=False,
            postgresql_where=sa.text("follow_up_at IS NOT NULL"),
            sqlite_where=sa.text("follow_up_at IS NOT NULL"),
        )
        batch_op.create_index("ix_lead_watch_owner", ["owner_id", "state"], unique=False)
        batch_op.create_index(
            "ix_lead_watch_owner_id_follow_up_at",
            ["owner_id", "follow_up_at"],
            unique=False,
            postgresql_where=sa.text("follow_up_at IS NOT NULL"),
            sqlite_where=sa.text("follow_up_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_lead_watch_owner_id_response_due_at",
            ["owner_id", "response_due_at"],
            unique=False,
            postgresql_where=sa.text("response_due_at IS NOT NULL"),
            sqlite_where=sa.text("response_due_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_lead_watch_response_due_at",
            ["response_due_at"],
            unique=False,
            postgresql_where=sa.text("response_due_at IS NOT NULL"),
            sqlite_where=sa.text("response_due_at IS NOT NULL"),
        )
        batch_op.create_index("ix_lead_watch_state", ["state", "branch"], unique=False)

    op.create_table(
        "notifications",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("reminder", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("link", sa.String(length=200), nullable=False),
        sa.Column("correlation", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", columns.UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("read_at", columns.UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agg_seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("updated_at", columns.UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id", "person_id", "channel"),
    )
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notifications_branch"), ["branch"], unique=False)
        batch_op.create_index(batch_op.f("ix_notifications_created_at"), ["created_at"], unique=False)
        batch_op.create_index("ix_notifications_of", ["person_id", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notifications_subject"), ["subject"], unique=False)
        batch_op.create_index(
            "ix_notifications_unread",
            ["person_id", "channel"],
            unique=False,
            postgresql_where=sa.text("read_at IS NULL"),
            sqlite_where=sa.text("read_at IS NULL"),
        )
        batch_op.create_index(
            "ix_notifications_unsent",
            ["id"],
            unique=False,
            postgresql_where=sa.text("sent_at IS NULL"),
            sqlite_where=sa.text("sent_at IS NULL"),
        )

    op.create_table(
        "opportunity_watch",
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("inside_rep_id", sa.Uuid(), nullable=True),
        sa.Column("follow_up_at", columns.UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("opportunity_watch", schema=None) as batch_op:
        batch_op.create_index(
            "ix_opportunity_watch_follow_up_at",
            ["follow_up_at"],
            unique=False,
            postgresql_where=sa.text("follow_up_at IS NOT NULL"),
            sqlite_where=sa.text("follow_up_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_opportunity_watch_inside_rep_id_follow_up_at",
            ["inside_rep_id", "follow_up_at"],
            unique=False,
            postgresql_where=sa.text("follow_up_at IS NOT NULL"),
            sqlite_where=sa.text("follow_up_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_opportunity_watch_salesperson_id_follow_up_at",
            ["salesperson_id", "follow_up_at"],
            unique=False,
            postgresql_where=sa.text("follow_up_at IS NOT NULL"),
            sqlite_where=sa.text("follow_up_at IS NOT NULL"),
        )

    op.create_table(
        "person_preferences",
        sa.Column("own", columns.Json, nullable=False),
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
    with op.batch_alter_table("person_preferences", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_preferences_branch"), ["branch"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_preferences_created_at"), ["created_at"], unique=False)

    op.create_table(
        "appointment_people",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment_watch.id"],
        ),
        sa.PrimaryKeyConstraint("appointment_id", "person_id"),
    )
    with op.batch_alter_table("appointment_people", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appointment_people_person_id"), ["person_id"], unique=False)
