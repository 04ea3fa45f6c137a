"""Teams over HTTP: everybody signed in may know who works with whom."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint

from libs.common.web import SIGNED_IN, Answer, Given, Listing, endpoint, equal, one, page, reading, visible
from services.staff import usecases
from services.staff.api.changing import changing
from services.staff.model import Team
from services.staff.schemas.teams import MembersIn, TeamEditIn, TeamIn, TeamOut, TeamQuery

bp = Blueprint("staff_teams", __name__, url_prefix="/api/v1/staff/teams")

LISTING = Listing(Team, sa.select(Team), equal(kind=Team.kind, branch=Team.branch))


@bp.get("")
@endpoint(may=SIGNED_IN, query=TeamQuery, answer=TeamOut, many=True)
def teams(asked: Given) -> Answer:
    """All teams, newest first."""
    with reading() as tx:
        return page(tx, LISTING, TeamOut, asked)


@bp.post("")
@endpoint(may="staff.admin", body=TeamIn, answer=TeamOut, status=201)
def form_team(given: Given) -> Answer:
    """Form a team, with its members if they are named."""
    with changing() as tx:
        team = usecases.form_team(tx, **given)
        return tx.answer(TeamOut(), team, 201, {"Location": f"/api/v1/staff/teams/{team.id}"})


@bp.get("/<uuid:team_id>")
@endpoint(may=SIGNED_IN, answer=TeamOut)
def team(team_id: UUID) -> Answer:
    """One team."""
    with reading() as tx:
        return one(tx, TeamOut, visible(tx, Team, team_id))


@bp.patch("/<uuid:team_id>")
@endpoint(may="staff.admin", body=TeamEditIn, answer=TeamOut, edits=True)
def change_team(team_id: UUID, given: Given) -> Answer:
    """Correct a team, or give it another lead."""
    with changing() as tx:
        return tx.answer(TeamOut(), usecases.change_team(tx, visible(tx, Team, team_id), **given))


@bp.post("/<uuid:team_id>/members")
@endpoint(may="staff.admin", body=MembersIn, answer=TeamOut)
def replace_members(team_id: UUID, given: Given) -> Answer:
    """Exactly these people are in the team from now on."""
    with changing() as tx:
        return tx.answer(TeamOut(), usecases.replace_members(tx, visible(tx, Team, team_id), **given))
