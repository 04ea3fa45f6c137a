"""${message[:1].upper()}${message[1:]}."""

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
    ${"\n    ".join(line for line in upgrades.split("\n    ") if not line.startswith("# ###")) if upgrades else "pass"}
