"""People, teams and branches: who works here, with whom, where, and who is away."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request

from libs.common.auth import Role
from libs.common.formatting import plain
from services.console.api.screens.frame import doors, names, page, screen
from services.console.api.screens.offers import Offers

bp = Blueprint("console_staffing", __name__)


def _branches() -> dict[str, str]:
    return {one["id"]: one["name"] for one in doors().every("/staff/branches")}


@bp.get("/settings/people")
@screen(may="staff.read")
def people() -> Response:
    """Who works here?"""
    asked = {name: request.args.get(name, "") for name in ("q", "role", "cursor")}
    found = doors().get("/staff/people", limit=50, sort="name", **asked)
    roles = [(str(one), plain(str(one))) for one in Role]
    return page(
        "people.html",
        nav="/settings",
        found=found,
        asked=asked,
        roles=roles,
        branches=_branches(),
        offers=Offers({}, ()),
    )


@bp.get("/settings/people/<uuid:person_id>")
@screen(may="staff.read")
def person(person_id: UUID) -> Response:
    """One of them: what they do, where, and what can be done about it."""
    record = doors().get(f"/staff/people/{person_id}")
    teams = {one["id"]: one["name"] for one in doors().every("/staff/teams")}
    absence = record.get("absence") or {}
    offers = Offers(record, (record["id"],))
    return page("person.html", nav="/settings", person=record, offers=offers, branches=_branches(), teams=teams,
                 absence=absence, who=names(absence.get("cover_id")))  # fmt: skip


@bp.get("/settings/teams")
@screen(may="staff.read")
def teams() -> Response:
    """Who works together?"""
    found = doors().every("/staff/teams", sort="name")
    return page("teams.html", nav="/settings", teams=found, branches=_branches(), offers=Offers({}, ()),
                who=names(*(one["lead_id"] for one in found)))  # fmt: skip


@bp.get("/settings/teams/<uuid:team_id>")
@screen(may="staff.read")
def team(team_id: UUID) -> Response:
    """One team, and who is in it."""
    record = doors().get(f"/staff/teams/{team_id}")
    who = names(record["lead_id"], *record["member_ids"])
    return page(
        "team.html", nav="/settings", team=record, offers=Offers(record, (record["id"],)), who=who, branches=_branches()
    )


@bp.get("/settings/branches")
@screen(may="staff.read")
def branches() -> Response:
    """Where do we work?"""
    found = doors().every("/staff/branches", sort="name")
    return page("branches.html", nav="/settings", found=found, offers=Offers({}, ()))


@bp.get("/settings/branches/<uuid:branch_id>")
@screen(may="staff.read")
def branch(branch_id: UUID) -> Response:
    """One branch: hours, area, trades."""
    record: dict[str, Any] = doors().get(f"/staff/branches/{branch_id}")
    return page("branch.html", nav="/settings", branch=record, offers=Offers(record, (record["id"],)))
