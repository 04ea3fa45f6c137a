"""What branches and people carry as JSON, for readers of the document: it is shown as it was kept."""

from datetime import date
from typing import TypedDict


class Hours(TypedDict):
    """Times of day such as 07:30; until 23:59 is to midnight."""

    opens: str
    closes: str


class Holiday(TypedDict):
    day: date
    name: str


class Calendar(TypedDict):
    """Hours by weekday; a day that is not named is free."""

    hours: dict[str, list[Hours]]
    holidays: list[Holiday]
