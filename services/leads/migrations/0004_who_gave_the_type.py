"""Who gave a lead its type: a person, or the company's rules."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("leads", sa.Column("lead_type_by", sa.String(80), nullable=True))
