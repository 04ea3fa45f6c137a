"""A page of a list of one state is read in its order: every record of that state was sorted for it."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LISTED_BY = (("estimates", "state"),)


def upgrade() -> None:
    for table, column in LISTED_BY:
        op.drop_index(f"ix_{table}_{column}", table)
        op.create_index(f"ix_{table}_{column}", table, [column, "created_at"])
