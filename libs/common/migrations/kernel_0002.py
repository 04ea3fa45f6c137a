"""Whom an answer to a mail reaches, as a migration of every service adds it."""

import sqlalchemy as sa
from alembic import op


def add_reply_to() -> None:
    """Nobody, of the mail that is under way."""
    op.add_column("mail", sa.Column("reply_to", sa.Text(), nullable=True))
