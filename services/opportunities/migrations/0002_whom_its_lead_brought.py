"""Whom its lead brought to which seat of an opportunity; a process of before leaves it empty."""

import sqlalchemy as sa
from alembic import op

from libs.common import columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("opportunities", sa.Column("brought", columns.Json, nullable=False, server_default="{}"))
