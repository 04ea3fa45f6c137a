"""Since when a person's password holds; of one that was set before, nothing is known, and its sessions go on."""

import sqlalchemy as sa
from alembic import op

from libs.common import columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_people", sa.Column("password_set_at", columns.UtcDateTime(), nullable=True))
