"""Whose opportunity a lead is, is asked for the few whose clock has run out."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_opportunity_watch_lead_id", "opportunity_watch", ["lead_id"])
