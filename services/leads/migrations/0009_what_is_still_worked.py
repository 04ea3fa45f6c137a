"""What is won or lost is nobody's work any more. What was lost before nobody here has heard."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("selling", sa.Column("open", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.execute("UPDATE selling SET open = false WHERE lead_id IN (SELECT id FROM leads WHERE state = 'converted')")
    still = sa.text("open")
    op.create_index("ix_selling_open", "selling", ["salesperson_id"], postgresql_where=still, sqlite_where=still)
