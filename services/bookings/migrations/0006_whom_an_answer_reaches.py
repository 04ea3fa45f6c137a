"""Whom an answer to a mail reaches."""

from libs.common.migrations import kernel_0002

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kernel_0002.add_reply_to()
