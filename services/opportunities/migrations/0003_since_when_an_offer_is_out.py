"""Since when an offer is with the customer; of those sent before nobody said here."""

import sqlalchemy as sa
from alembic import op

from libs.common import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("offers", sa.Column("sent_at", columns.UtcDateTime(), nullable=True))
