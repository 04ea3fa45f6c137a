"""${message}."""

import sqlalchemy as sa
from alembic import op
% if down_revision is None:

from libs.common.migrations import kernel_0001
% endif
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
% if down_revision is None:
    kernel_0001.create()
% endif
    ${upgrades if upgrades else "pass"}
