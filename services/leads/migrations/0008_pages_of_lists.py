"""A page of a list of one state or source is read in its order: every record of that state was sorted for it."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LISTED_BY = (("leads", "state"), ("leads", "source"))


def upgrade() -> None:
    for table, column in LISTED_BY:
        op.drop_index(f"ix_{table}_{column}", table)
        op.create_index(f"ix_{table}_{column}", table, [column, "created_at"])
