"""The duplicates that were merged into a card are found without looking at all cards."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

THERE = sa.text("duplicate_of IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_cards_duplicate_of", "cards", ["duplicate_of"], postgresql_where=THERE, sqlite_where=THERE)
