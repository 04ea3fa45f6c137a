"""The next version of two services: this one's code, changed as a release may be. A table and every fact of a lead say
more, a fact comes that nobody knew, and the reader keeps what it is told."""

import shutil
from pathlib import Path

import services
from libs.common import migrate
from tests.system.faulty_world import ROOT

#: in which file: after what, and what comes there
CHANGES = {
    "libs/common/contracts/leads.py": {
        "    owner_id: UUID | None = None\n    branch: UUID | None = None\n": '''    loyalty: str = ""


@dataclass(frozen=True, kw_only=True)
class LeadWelcomed(LeadFact):
    """Somebody was greeted."""

    name = "plumbline.lead.welcomed.v1"
''',
    },
    "services/leads/model.py": {
        '    __tablename__ = "leads"\n': '    loyalty: Mapped[str] = mapped_column(sa.String(20), default="new")\n',
    },
    "services/leads/schemas/outgoing.py": {
        "    number = fields.Text()\n    state = fields.Code(LeadState)\n": "    loyalty = fields.Text()\n",
    },
    "services/leads/usecases/facts.py": {'        "branch": lead.branch,\n': '        "loyalty": lead.loyalty,\n'},
    "services/leads/usecases/capture.py": {
        "from libs.common.contracts.leads import ": "LeadWelcomed, ",
        "    lead.duplicates = found = duplicates.found(tx, lead)\n": (
            "    tx.publish(LeadWelcomed(**facts.head(lead)), of=lead)\n"
        ),
    },
    "services/opportunities/model/opportunity.py": {
        '    __tablename__ = "opportunities"\n': "    loyalty: Mapped[str] = mapped_column(sa.String(20))\n",
    },
    "services/opportunities/schemas/opportunities.py": {
        "    lead_id = fields.Uuid()\n": "    loyalty = fields.Text()\n"
    },
    "services/opportunities/usecases/opening.py": {'        door="lead",\n': "        loyalty=lead.loyalty,\n"},
}
MIGRATION = '''"""The version before does not know of it and leaves it to the database."""

import sqlalchemy as sa
from alembic import op

revision = "{after}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("{name}", sa.Column("loyalty", sa.String(length=20), nullable=False, server_default=""))
'''


def tomorrow(folder: Path) -> Path:
    """Where its code is. Every name in ``CHANGES`` is one of today's: who renames it there mends it here."""
    for part in ("libs", "services"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name, changes in CHANGES.items():
        file = folder / name
        text = file.read_text()
        for after, comes in changes.items():
            assert after in text, f"{name} does not say {after!r} any more"
            text = text.replace(after, after + comes, 1)
        file.write_text(text)
    for name in ("leads", "opportunities"):  # so are their tables called
        before = migrate.head(services.spec(name))
        after = f"{int(before) + 1:04d}"  # as `new-migration` counts: by its number an older process knows it for newer
        script = MIGRATION.format(name=name, before=before, after=after)
        (folder / "services" / name / "migrations" / f"{after}_next.py").write_text(script)
    return folder
