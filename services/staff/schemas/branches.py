"""Branches: what comes in and what goes out."""

from typing import Any

from babel import Locale, UnknownLocaleError
from marshmallow import ValidationError, pre_load

from libs.common.contracts.parts import Address
from libs.common.parties import country_of
from libs.common.schema.parts import AddressIn
from libs.common.schema.texts import COUNTRIES
from libs.common.web import Page, Schema, Sort, fields
from services.staff.schemas.carried import Calendar
from services.staff.schemas.parts import CalendarIn, short


class Language(fields.Text):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        typed: str = super()._deserialize(value, attr, data, **more)
        try:
            return str(Locale.parse(typed))
        except (ValueError, UnknownLocaleError, TypeError) as wrong:
            raise ValidationError("is not a locale such as en_US") from wrong


class BranchEditIn(Schema):
    name = fields.Name()
    address = fields.Nested(AddressIn, allow_none=True)
    phone = fields.Phone(allow_none=True)
    email = fields.Email(allow_none=True)
    time_zone = fields.Zone()
    currency = fields.Currency()
    locale = Language(max_length=40, blank=False)
    calendar = fields.Nested(CalendarIn)
    service_area = short(2000)
    trades = short(50)

    @pre_load
    def dials_at_home(self, data: Any, **_more: Any) -> Any:
        """Its number may be of where it says it is, before anybody knows of it."""
        if isinstance(data, dict):
            place = data.get("address")
            here = {"address": place if isinstance(place, dict) else {}, "locale": data.get("locale")}
            known = COUNTRIES.get()
            COUNTRIES.set(lambda: [*known(), country_of(here)])
        return data


class BranchIn(BranchEditIn):
    ident = fields.Uuid(data_key="id")
    name = fields.Name(required=True)
    time_zone = fields.Zone(required=True)
    currency = fields.Currency(required=True)

    @pre_load
    def speaks_english(self, data: Any, **_more: Any) -> Any:
        return {"locale": "en_US", **data} if isinstance(data, dict) else data


class BranchName(Schema):
    """What everybody signed in needs to show times and amounts."""

    id = fields.Uuid()
    name = fields.Text()
    time_zone = fields.Text()
    currency = fields.Text()
    locale = fields.Text()
    trades = fields.List(fields.Text())


class BranchOut(BranchName):
    least = BranchName  #: what is shown without staff.read

    address = fields.Raw(like=Address)
    phone = fields.Text()
    email = fields.Text()
    calendar = fields.Raw(like=Calendar)
    service_area = fields.List(fields.Text())
    version = fields.Whole()
    created_at = fields.Instant()
    updated_at = fields.Instant()


class BranchQuery(Page):
    sort = Sort("name", "created_at")
