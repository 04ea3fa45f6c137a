"""How long the cards of a team were in a stage is in the index by which their stays are found."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_stages_card_id", "stages")
    op.create_index("ix_stages_card_id", "stages", ["card_id", "stage_type", "stage", "seconds", "entered_at"])
