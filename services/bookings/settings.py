"""What a company may set about its sold work: job names, the checklist, what a sale makes and moves, targets."""

import re
from collections.abc import Iterator
from typing import Any

from marshmallow import ValidationError, validate

from libs.common.preferences import Preferences
from libs.common.schema import Schema, fields

TOKENS = (
    "customer", "customer_no", "last_name", "street", "city", "zip", "trade", "job_type", "yyyy", "yy", "mm", "seq",
    "estimate_no",
)  # fmt: skip
TOKEN = re.compile(r"\{(\w+)(?::(0{1,9}))?\}", re.ASCII)
MOVES = ("estimate", "other_estimates", "appointments", "answers", "files")

DEFAULTS: dict[str, Any] = {
    "naming_template": "{customer} – {trade} – {street}",
    "naming_sequence": "branch",
    "sale_creates": "job",
    "moves": ["estimate", "appointments", "answers", "files"],
    "acknowledge_minutes": 240,
    "sale_minutes": 15,
    "checklist": [
        {"key": "site_access", "label": "Site access and parking agreed"},
        {"key": "scope_confirmed", "label": "Scope walked through with the customer"},
        {"key": "permits_checked", "label": "Permits checked"},
    ],
}


def template_faults(template: str) -> Iterator[str]:
    """What no job could be named by."""
    for name, width in TOKEN.findall(template):
        if name not in TOKENS:
            yield f"there is no {{{name}}}; possible are {', '.join(f'{{{one}}}' for one in TOKENS)}"
        elif width and name != "seq":
            yield f"only {{seq:{width}}} can be given a width, not {{{name}}}"
    if "{" in TOKEN.sub("", template) or "}" in TOKEN.sub("", template):
        yield "has a brace that belongs to no token such as {customer} or {seq:000}"


def check_template(template: str) -> None:
    if faults := list(template_faults(template)):
        raise ValidationError(faults)


class ChecklistItem(Schema):
    key = fields.Text(
        required=True, max_length=40, validate=validate.Regexp(r"^[a-z][a-z0-9_]*(?!\n)$", error="is not snake_case")
    )
    label = fields.Name(required=True)


def keys_differ(items: list[dict[str, Any]]) -> None:
    keys = [item["key"] for item in items]
    if len(keys) != len(set(keys)):
        raise ValidationError("has a key twice")


class BookingSettings(Schema):
    """``naming_sequence`` is within what {seq} counts; ``sale_creates`` a task leaves making the job to the office.
    ``moves`` names the records that belong to the job once there is one; changing it changes later sales."""

    naming_template = fields.Name(validate=check_template)
    naming_sequence = fields.Code(("year", "customer", "branch"))
    sale_creates = fields.Code(("job", "task"))
    moves = fields.List(fields.Code(MOVES), most=len(MOVES))
    acknowledge_minutes = fields.Whole(least=1, most=100_000)
    sale_minutes = fields.Whole(least=1, most=100_000)
    checklist = fields.List(fields.Nested(ChecklistItem), most=50, validate=keys_differ)


PREFERENCES = Preferences(BookingSettings, DEFAULTS)
