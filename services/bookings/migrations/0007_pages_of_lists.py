"""A page of a list of one state is read in its order, and the order of an acceptance is found.

The one index on acceptances has live orders only: for a job's or an opportunity's orders, all parts were read.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LISTED_BY = (("bookings", "state"), ("jobs", "status"), ("sales", "state"))


def upgrade() -> None:
    for table, column in LISTED_BY:
        op.drop_index(f"ix_{table}_{column}", table)
        op.create_index(f"ix_{table}_{column}", table, [column, "created_at"])
    op.create_index("ix_booking_parts_acceptance_id", "booking_parts", ["acceptance_id"])
