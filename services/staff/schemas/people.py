"""People: what comes in and what goes out."""

from typing import Any

from marshmallow import ValidationError, validate, validates_schema

from libs.common.auth import Role
from libs.common.web import Allowed, Page, Schema, Sort, fields
from services.staff.schemas.carried import Calendar
from services.staff.schemas.parts import CalendarIn, short
from services.staff.usecases import passwords


class PersonEditIn(Schema):
    name = fields.Name()
    email = fields.Email()
    phone = fields.Phone(allow_none=True)
    roles = fields.List(fields.Code(Role), least=1, most=len(Role))
    branch = fields.Uuid(allow_none=True)
    skills = short(50)
    territory = short(2000)
    calendar = fields.Nested(CalendarIn, allow_none=True)


class PersonIn(PersonEditIn):
    """The id may be chosen by the caller, so that a loader can be run again."""

    ident = fields.Uuid(data_key="id")
    name = fields.Name(required=True)
    email = fields.Email(required=True)
    roles = fields.List(fields.Code(Role), least=1, most=len(Role), required=True)


class PasswordIn(Schema):
    password = fields.Text(
        required=True,
        max_length=passwords.MOST,
        validate=validate.Length(passwords.LEAST, error="is shorter than {min} characters"),
    )


class AbsenceIn(Schema):
    """Without ``from`` they are here again; without ``until`` nobody knows yet."""

    since = fields.Instant(data_key="from", allow_none=True)
    until = fields.Instant(allow_none=True)
    cover_id = fields.Uuid(allow_none=True)

    @validates_schema
    def in_order(self, data: dict[str, Any], **_more: Any) -> None:
        since, until = data.get("since"), data.get("until")
        if since is None and (until is not None or data.get("cover_id") is not None):
            raise ValidationError("is needed with until or cover_id", "from")
        if since is not None and until is not None and until <= since:
            raise ValidationError("is not after from", "until")


class AbsenceOut(Schema):
    since = fields.Instant(data_key="from", attribute="absent_from")
    until = fields.Instant(attribute="absent_until")
    cover_id = fields.Uuid()


class PersonName(Schema):
    """What everybody signed in may know of a colleague."""

    id = fields.Uuid()
    name = fields.Text()
    roles = fields.List(fields.Code(Role))
    branch = fields.Uuid()
    team_ids = fields.List(fields.Uuid())
    active = fields.Flag()


class PersonOut(PersonName):
    """The whole record, but never a password."""

    least = PersonName  #: what is shown without staff.read

    email = fields.Text()
    phone = fields.Text()
    skills = fields.List(fields.Text())
    territory = fields.List(fields.Text())
    calendar = fields.Raw(like=Calendar)
    absence = fields.Nested(AbsenceOut)
    has_password = fields.Flag()
    version = fields.Whole()
    created_at = fields.Instant()
    created_by = fields.Text()
    updated_at = fields.Instant()
    updated_by = fields.Text()
    allowed = Allowed({"deactivate": "staff.admin", "activate": "staff.admin"})


class PeopleQuery(Page):
    role = fields.Code(Role)
    team = fields.Uuid()
    branch = fields.Uuid()
    active = fields.Flag()
    q = fields.Text(max_length=200)
    sort = Sort("name", "created_at")
