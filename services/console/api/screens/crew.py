"""The teams of operations and their people, out of the console's own copy of staff."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from libs.common import people
from libs.common.web import reading
from services.console.api.screens.frame import me


@dataclass(frozen=True)
class Crew:
    ident: str
    name: str
    members: tuple[tuple[str, str], ...] = ()


def crews() -> list[Crew]:
    """Those of the reader's branches that have people, by name."""
    mine = me().branches
    with reading() as tx:
        teams = tx.tables.teams
        rows = tx.execute(sa.select(teams).where(teams.c.kind == "operations").order_by(teams.c.name)).all()
        here = [one for one in rows if one.members and (one.branch is None or not mine or one.branch in mine)]
        called = people.names(tx, [UUID(member) for one in here for member in one.members])
    return [
        Crew(str(one.id), one.name, tuple((member, called.get(UUID(member), "")) for member in one.members))
        for one in here
    ]


def called() -> Mapping[str, str]:
    """What every team is called, by id, dissolved ones too."""
    with reading() as tx:
        teams = tx.tables.teams
        return {str(one.id): one.name for one in tx.execute(sa.select(teams.c.id, teams.c.name))}
