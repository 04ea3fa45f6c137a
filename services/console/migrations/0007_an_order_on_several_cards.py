"""An order that does the work of several enquiries stands on the card of each."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_cards",
        sa.Column("booking_id", sa.Uuid(), primary_key=True),
        sa.Column("card_id", sa.Uuid(), primary_key=True),
    )
    op.create_index("ix_order_cards_card_id", "order_cards", ["card_id"])
