"""A list of the console as a file for a spreadsheet: its owner's door hands it out, narrowed as the page is."""

from collections.abc import Mapping
from itertools import chain
from urllib.parse import urlencode

from flask import Response, request

from libs.common.csvwriting import BEGIN
from services.console.api.screens.frame import doors

ENTITIES = ("Content-Type", "Content-Disposition")


def wanted() -> bool:
    return request.args.get("format") == "csv"


def file_of(path: str, asked: Mapping[str, str]) -> Response:
    """All of the list at this door, passed on as it is read."""
    query = {name: value for name, value in asked.items() if value and name != "cursor"} | {"format": "csv"}
    told = doors().flow(f"{path}?{urlencode(query)}")
    return Response(
        chain((BEGIN.encode(),), told.flow), headers={name: told.headers[name.lower()] for name in ENTITIES}
    )
