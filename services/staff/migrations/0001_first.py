"""People, teams and branches."""

import sqlalchemy as sa
from alembic import op

from libs.common import columns
from libs.common.migrations import kernel_0001

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    kernel_0001.create()
    op.create_table(
        "staff_branches",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", columns.Json, nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("calendar", columns.Json, nullable=False),
        sa.Column("service_area", columns.Json, nullable=False),
        sa.Column("trades", columns.Json, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agg_seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("updated_at", columns.UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("staff_branches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_branches_branch"), ["branch"], unique=False)
        batch_op.create_index(batch_op.f("ix_staff_branches_created_at"), ["created_at"], unique=False)

    op.create_table(
        "staff_people",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("roles", columns.Json, nullable=False),
        sa.Column("team_ids", columns.Json, nullable=False),
        sa.Column("skills", columns.Json, nullable=False),
        sa.Column("territory", columns.Json, nullable=False),
        sa.Column("calendar", columns.Json, nullable=True),
        sa.Column("absent_from", columns.UtcDateTime(), nullable=True),
        sa.Column("absent_until", columns.UtcDateTime(), nullable=True),
        sa.Column("cover_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agg_seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("updated_at", columns.UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email_key"),
    )
    with op.batch_alter_table("staff_people", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_people_branch"), ["branch"], unique=False)
        batch_op.create_index(batch_op.f("ix_staff_people_created_at"), ["created_at"], unique=False)

    op.create_table(
        "staff_teams",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("member_ids", columns.Json, nullable=False),
        sa.Column("acknowledge_minutes", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agg_seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("updated_at", columns.UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("staff_teams", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_teams_branch"), ["branch"], unique=False)
        batch_op.create_index(batch_op.f("ix_staff_teams_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_staff_teams_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_staff_teams_lead_id"), ["lead_id"], unique=False)
