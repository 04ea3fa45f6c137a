"""An order's sums have room for what several sales come to; nothing is written anew, and SQLite has the room."""

from alembic import op

from libs.common import columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for name in ("contract_total", "deposit_due"):
            op.alter_column("bookings", name, type_=columns.sum_of_money())
