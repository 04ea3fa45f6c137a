"""Sessions whose person has signed out, until they could not be renewed anyway."""

import sqlalchemy as sa
from alembic import op

from libs.common import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_ended_sessions",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("began", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", columns.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "began"),
    )
