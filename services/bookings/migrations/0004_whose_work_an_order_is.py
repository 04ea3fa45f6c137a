"""An order says of which opportunities and leads it does the work; one of before says it by its first."""

import sqlalchemy as sa
from alembic import op

from libs.common import columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("opportunity_ids", "lead_ids"):
        op.add_column("bookings", sa.Column(name, columns.Json, nullable=True))
