"""A job knows what was answered before the sale."""

import sqlalchemy as sa
from alembic import op

from libs.common import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("answers", columns.Json, nullable=True))
