"""Rows as a spreadsheet takes them in: nothing that somebody typed is a formula there, and a number is one."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from libs.common.csvfiles import safe_cell

CONTENT_TYPE = "text/csv; charset=utf-8"
BEGIN = "\ufeff"  #: a file for people begins so: else Excel takes it for the machine's own alphabet
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def line(cells: Iterable[Any]) -> str:
    """One row. Of several things in a cell each is told from the next by a semicolon."""
    out = io.StringIO()
    csv.writer(out).writerow([_cell(one) for one in cells])
    return out.getvalue()


def _cell(value: Any) -> str:
    text = _text(value)
    return text if _NUMBER.fullmatch(text) else safe_cell(text)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, map(_text, value)))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
