"""Signing in: what comes in and what goes out."""

from libs.common.auth import Role
from libs.common.web import Schema, fields
from services.staff.schemas.teams import TeamName
from services.staff.usecases import passwords


class SessionIn(Schema):
    email = fields.Text(required=True, max_length=254)
    password = fields.Text(required=True, max_length=passwords.MOST)


class MeOut(Schema):
    id = fields.Uuid()
    name = fields.Text()
    email = fields.Text()
    phone = fields.Text()
    roles = fields.List(fields.Code(Role))
    branch = fields.Uuid()
    teams = fields.List(fields.Nested(TeamName))


class SessionOut(Schema):
    access_token = fields.Text()
    token_type = fields.Text()
    expires_in = fields.Whole()
    person = fields.Nested(MeOut)


class EndedOut(Schema):
    ended_at = fields.Instant()


class KeysOut(Schema):
    """A JWK set."""

    keys = fields.List(fields.Raw(like=dict[str, str]))
