"""A page of a list of one stage is read in its order: every record of that stage was sorted for it."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LISTED_BY = (("opportunities", "stage"),)


def upgrade() -> None:
    for table, column in LISTED_BY:
        op.drop_index(f"ix_{table}_{column}", table)
        op.create_index(f"ix_{table}_{column}", table, [column, "created_at"])
