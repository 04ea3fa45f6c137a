"""An order has by itself all that is shown of it on its card."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from libs.common import columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NEW: dict[str, Any] = {"job_id": sa.Uuid(), "customer_id": sa.Uuid(), "acknowledge_by": columns.UtcDateTime()}


def upgrade() -> None:
    for name, kind in NEW.items():
        op.add_column("bookings", sa.Column(name, kind, nullable=True))
    known = ", ".join(
        f"{name} = (SELECT c.{name} FROM cards AS c WHERE c.id = bookings.card_id AND c.booking_id = bookings.id)"  # noqa: S608 - our own names
        for name in NEW
    )
    op.execute(f"UPDATE bookings SET {known}")  # noqa: S608 - our own names
