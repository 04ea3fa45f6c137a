"""Teams: what comes in and what goes out."""

from libs.common.web import Page, Schema, Sort, fields
from services.staff.states import TeamKind


class TeamName(Schema):
    id = fields.Uuid()
    kind = fields.Code(TeamKind)
    name = fields.Text()


class TeamEditIn(Schema):
    name = fields.Name()
    kind = fields.Code(TeamKind)
    branch = fields.Uuid(allow_none=True)
    lead_id = fields.Uuid(allow_none=True)
    acknowledge_minutes = fields.Whole(least=1, most=100_000, allow_none=True)


class TeamIn(TeamEditIn):
    ident = fields.Uuid(data_key="id")
    name = fields.Name(required=True)
    kind = fields.Code(TeamKind, required=True)
    member_ids = fields.List(fields.Uuid(), most=500)


class MembersIn(Schema):
    """Exactly these people are in the team afterwards."""

    person_ids = fields.List(fields.Uuid(), required=True, most=500)


class TeamOut(TeamName):
    branch = fields.Uuid()
    lead_id = fields.Uuid()
    member_ids = fields.List(fields.Uuid())
    acknowledge_minutes = fields.Whole()
    version = fields.Whole()
    created_at = fields.Instant()
    updated_at = fields.Instant()


class TeamQuery(Page):
    kind = fields.Code(TeamKind)
    branch = fields.Uuid()
    sort = Sort("name", "created_at")
