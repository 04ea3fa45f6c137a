"""Estimates by their end or by what they come to are read in that order: all were sorted for each page."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_estimates_valid_until", "estimates", ["valid_until"])
    op.create_index("ix_estimates_total", "estimates", ["total"])
