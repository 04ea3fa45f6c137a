"""A trade that nobody said is none, as whatever else nobody said: reports had it as a group that led nowhere."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE cards SET trade = NULL WHERE trade = ''")
