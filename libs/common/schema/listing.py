"""What the query of a list may say."""

from typing import Any

from marshmallow import validate

from libs.common.schema.numbers import Whole
from libs.common.schema.strict import Schema
from libs.common.schema.texts import Code, Text

LIMIT, DEFAULT = 200, 50


class Page(Schema):
    """The query of every list. A list that can be sorted adds ``sort`` (see Sort)."""

    limit = Whole(least=1, most=LIMIT, load_default=DEFAULT)
    cursor = Text(max_length=600, blank=False)


class Listed(Page):
    """The query of a list that is had as a file for a spreadsheet, too."""

    format = Code(("json", "csv"))


class Sort(Text):
    """``sort=name`` or ``sort=-name`` (downwards), by one of these columns."""

    def __init__(self, *columns: str, **more: Any) -> None:
        choices = [sign + name for name in columns for sign in ("", "-")]
        super().__init__(max_length=60, validate=validate.OneOf(choices, error="is none of {choices}"), **more)
