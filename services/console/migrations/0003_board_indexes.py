"""All that the board asks of a card is in the index that it reads: when it is late, and when it came."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SEEN_BY = ("branch", "owner_id", "salesperson_id", "inside_rep_id", "lead_owner_id", "generated_by")
SUMMED = ("received_at", "id", "currency", "value", "probability", "trade", "source", "team_id", *SEEN_BY)
INDEXES = {
    "open": ("open_lane", *SUMMED, "answer_due_at", "follow_up_at", "take_over_by"),
    "closed": ("closed_at", "closed_lane", *SUMMED),
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        there = sa.text(f"{name}_lane IS NOT NULL")
        op.drop_index(f"ix_cards_{name}", "cards")
        op.create_index(f"ix_cards_{name}", "cards", columns, postgresql_where=there, sqlite_where=there)
