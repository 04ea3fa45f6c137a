"""What was merged into a lead is found by it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    merged = sa.text("duplicate_of IS NOT NULL")
    op.create_index("ix_leads_duplicate_of", "leads", ["duplicate_of"], postgresql_where=merged, sqlite_where=merged)
