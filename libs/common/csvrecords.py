"""Splits text into the records of a CSV; a quote that is never closed costs its own line and no other."""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from string import whitespace
from typing import BinaryIO

MOST_LINES = 200  # in one cell; a quote still open after that was never meant to be one


class Lines:
    """The file's lines, which can be given back when a quote turns out never to be closed."""

    def __init__(self, source: BinaryIO, encoding: str) -> None:
        # newline="": the csv module sees the line ends itself. surrogateescape: a broken byte is its row's fault only
        self.text = TextIOWrapper(source, encoding=encoding, errors="surrogateescape", newline="")
        self.ahead: deque[str] = deque()
        self.number = 0

    def take(self) -> str:
        line = self.ahead.popleft() if self.ahead else self.text.readline()
        self.number += bool(line)
        return line

    def give_back(self, lines: Sequence[str]) -> None:
        self.ahead.extendleft(reversed(lines))
        self.number -= len(lines)

    def close(self) -> None:
        self.text.detach()  # the file belongs to the caller


def records(lines: Lines, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """The line a record begins at, and its cells, or what is wrong with it."""
    nothing = delimiter + whitespace
    while first := lines.take():
        if not first.strip(nothing):  # a file may hold ten million of those
            continue
        begins, record = lines.number, [first]
        while True:
            try:
                cells = next(csv.reader(record, delimiter=delimiter, strict=True))
            except csv.Error as error:
                if str(error) == "unexpected end of data":
                    if _reaches_a_quote(record, lines):
                        continue
                    error = csv.Error("a quote is opened and never closed")
                lines.give_back(record[1:])  # only its first line is to blame: the next may be sound
                yield begins, str(error)
            else:
                if any(cell.strip() for cell in cells):
                    yield begins, cells
            break


def _reaches_a_quote(record: list[str], lines: Lines) -> bool:
    """Adds the lines up to the next with a quote: no other can close the cell."""
    while len(record) < MOST_LINES and (line := lines.take()):
        record.append(line)
        if '"' in line:
            return True
    return False
