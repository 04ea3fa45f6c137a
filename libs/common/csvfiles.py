"""Reads a CSV of unknown origin row by row, and names every line that is not right."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from libs.common.csvorigin import Unreadable, origin_of
from libs.common.csvrecords import Lines, records

__all__ = ["BadRow", "CsvFile", "Row", "Unreadable", "read_csv", "safe_cell"]

MOST_ROWS = 1_000_000
DELIMITERS = (",", ";", "\t", "|")
BROKEN = re.compile("[\udc80-\udcff]")  # what surrogateescape makes of bytes that are not UTF-8
CONTACT = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|\+?[\d\s().-]{7,}")  # an e-mail address or a phone number


@dataclass(frozen=True)
class Row:
    """``line`` is where it begins in the file, counted as an editor counts. Cells are as typed."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True)
class BadRow:
    line: int
    message: str


@dataclass(frozen=True)
class CsvFile:
    """Iterate it once: right and wrong rows come in the order of the file. Blank lines are neither."""

    columns: tuple[str, ...]
    delimiter: str
    encoding: str
    rows: Iterator[Row | BadRow]

    def __iter__(self) -> Iterator[Row | BadRow]:
        return self.rows


def read_csv(source: BinaryIO, *, most_rows: int = MOST_ROWS) -> CsvFile:
    """Raises Unreadable for what is no CSV at all. ``source`` can be rewound (an upload, an open file)."""
    origin = origin_of(source)
    if origin.lines > most_rows:  # perhaps only many lines in quotes: count what they are before any is used
        if any(islice(_open(source, origin.encoding), most_rows, None)):
            raise Unreadable(f"The file has more than {most_rows:,} rows; split it.")
        source.seek(0)
    return _open(source, origin.encoding)


def safe_cell(text: str) -> str:
    """A text cell for an export: a spreadsheet would run ``=…`` as a formula, so an apostrophe makes it text."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _open(source: BinaryIO, encoding: str) -> CsvFile:
    lines = Lines(source, encoding)
    first = lines.take()
    while first and not first.strip():
        first = lines.take()
    told = re.fullmatch(r"sep=(.)\s*", first)  # Excel's own way to say it
    delimiter = told[1] if told else _delimiter(first)
    if not told:
        lines.give_back([first])
    found = records(lines, delimiter)
    header = next(found, None)
    if header is None:
        raise Unreadable("The file is empty.")
    columns = _columns(header[1])
    return CsvFile(columns, delimiter, encoding, _rows(found, columns, lines))


def _delimiter(line: str) -> str:
    outside_quotes = re.sub('"[^"]*"', "", line)
    return max(DELIMITERS, key=outside_quotes.count)


def _columns(header: list[str] | str) -> tuple[str, ...]:
    if isinstance(header, str):
        raise Unreadable(f"The header cannot be read: {header}.")
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()
    seen: set[str] = set()
    for place, name in enumerate(names, start=1):
        if not name:
            raise Unreadable(f"Column {place} has no name in the header.")
        if "\0" in name or BROKEN.search(name):
            raise Unreadable(f"The name of column {place} is not text.")
        if CONTACT.fullmatch(name):
            raise Unreadable(f"The first line holds data ({name}); a header with the columns' names is needed.")
        if name.casefold() in seen:
            raise Unreadable(f"The column {name} is there twice in the header.")
        seen.add(name.casefold())
    return tuple(names)


def _rows(
    found: Iterator[tuple[int, list[str] | str]], columns: tuple[str, ...], lines: Lines
) -> Iterator[Row | BadRow]:
    try:
        for line, cells in found:
            if isinstance(cells, str):
                yield BadRow(line, cells)
                continue
            while len(cells) > len(columns) and not cells[-1].strip():
                cells.pop()
            if len(cells) != len(columns):
                yield BadRow(line, f"has {len(cells)} cells where the header has {len(columns)}")
                continue
            row = Row(line, dict(zip(columns, cells, strict=True)))
            wrong = [name for name, cell in row.values.items() if "\0" in cell or BROKEN.search(cell)]
            yield BadRow(line, f"has characters that are no text in {', '.join(wrong)}") if wrong else row
    finally:
        lines.close()
