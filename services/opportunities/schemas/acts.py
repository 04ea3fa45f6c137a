"""What is said when something is done with an opportunity."""

from libs.common.web import Schema, fields

CONTACTS = ("phone", "email", "sms", "visit", "other")
OUTCOMES = ("reached", "no_answer", "left_message", "wrong_number", "other")


class AssignIn(Schema):
    salesperson_id = fields.Uuid(required=True)
    reason = fields.Text(max_length=500, allow_none=True)


class HandOverIn(Schema):
    """Whose opportunities, and whose they are to be."""

    from_id = fields.Uuid(required=True)
    salesperson_id = fields.Uuid(required=True)
    reason = fields.Text(max_length=500, allow_none=True)


class HandedOverOut(Schema):
    """How many were given, and how many are still to be: ask again until there is none."""

    given = fields.Whole()
    left = fields.Whole()


class ContactIn(Schema):
    channel = fields.Code(CONTACTS, required=True)
    direction = fields.Code(("outbound", "inbound"), required=True)
    outcome = fields.Code(OUTCOMES, required=True)
    note = fields.Text(allow_none=True)
    at = fields.Instant(allow_none=True)


class ContactOut(Schema):
    id = fields.Uuid()
    channel = fields.Text()
    direction = fields.Text()
    outcome = fields.Text()
    note = fields.Text()
    at = fields.Instant()
    by = fields.Text()


class StageIn(Schema):
    stage = fields.Name(required=True, max_length=40)


class LoseIn(Schema):
    reason = fields.Name(required=True, max_length=40)
    note = fields.Text(allow_none=True)
    void_offers = fields.Flag()


class ReopenIn(Schema):
    note = fields.Text(allow_none=True)
