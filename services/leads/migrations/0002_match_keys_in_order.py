"""Who shares a key is found newest first, without looking at all who share it."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_match_keys_value", "match_keys")
    op.create_index("ix_match_keys_value", "match_keys", ["value", "why", "lead_id"])
