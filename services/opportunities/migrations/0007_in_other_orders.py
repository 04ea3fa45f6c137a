"""The longest in their stage are read in that order: all opportunities were sorted for each page."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_opportunities_stage_since", "opportunities", ["stage_since"])
