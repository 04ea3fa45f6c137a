"""Webhooks, and what is on its way to them."""

import sqlalchemy as sa
from alembic import op

from libs.common import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WAITING = sa.text("settled_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("types", columns.Json, nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("former_secret", sa.Text(), nullable=True),
        sa.Column("former_until", columns.UtcDateTime(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", columns.UtcDateTime(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("rests_until", columns.UtcDateTime(), nullable=True),
        sa.Column("leased_until", columns.UtcDateTime(), nullable=True),
        sa.Column("served_at", columns.UtcDateTime(), nullable=True),
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
    op.create_index("ix_webhooks_branch", "webhooks", ["branch"])
    op.create_index("ix_webhooks_created_at", "webhooks", ["created_at"])
    op.create_index("ix_webhooks_person_id", "webhooks", ["person_id"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("place", columns.BigId, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("due_at", columns.UtcDateTime(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("settled_at", columns.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("place"),
        sa.UniqueConstraint("id"),
    )
    op.create_index(
        "ix_webhook_deliveries_waiting",
        "webhook_deliveries",
        ["webhook_id", "subject", "place"],
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )
    op.create_index(
        "ix_webhook_deliveries_next",
        "webhook_deliveries",
        ["webhook_id", "place"],
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )
    op.create_index("ix_webhook_deliveries_of", "webhook_deliveries", ["webhook_id", "created_at"])
