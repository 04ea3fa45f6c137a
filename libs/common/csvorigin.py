"""What kind of file this is: refuses what only calls itself .csv, and finds the encoding of what is one."""

import codecs
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

BLOCK = 1 << 20
SIGNATURES = {  # first bytes → what it is, and what the user can do
    b"PK\x03\x04": "an Excel workbook (.xlsx) or another zip file; in Excel, save it as “CSV UTF-8”",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls); in Excel, save it as “CSV UTF-8”",
    b"%PDF": "a PDF document; export the list as CSV",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"{\\rtf": "a rich text document; export the list as CSV",
    b"\xff\xfe\x00\x00": "UTF-32 text; save it as “CSV UTF-8”",
    b"\x00\x00\xfe\xff": "UTF-32 text; save it as “CSV UTF-8”",
}
OPENINGS = {  # first characters → what it is
    "<": "a web page or XML, not a CSV; export the list as CSV",
    r'\{\s*"': "JSON, not a CSV; export the list as CSV",
    r"\[\s*\{": "JSON, not a CSV; export the list as CSV",
}
#: what a Mac's é, ë or ä, or DOS's ä or é, is in Windows-1252; nobody writes them so, within a word
GARBLED = re.compile("[a-z][ŽŠŸŒ]|[A-Za-z]‘|[A-Za-z][‚„‡‰ƒ†ˆ¤”][a-z]")


class Unreadable(ValueError):
    """The whole file is refused; the message is for the person who chose it."""


@dataclass(frozen=True)
class Origin:
    encoding: str
    lines: int


def origin_of(source: BinaryIO) -> Origin:
    """One pass over the bytes; ``source`` is left at its beginning."""
    head = _head(source)
    if not head:
        raise Unreadable("The file is empty.")
    for signature, what in SIGNATURES.items():
        if head.startswith(signature):
            raise Unreadable(f"The file is {what}.")
    encoding = _wide_encoding(head)
    try:
        origin = _utf8_or_cp1252(source) if encoding is None else Origin(encoding, _count(source, encoding))
    except UnicodeDecodeError as error:
        raise Unreadable("The file is not text in UTF-8, UTF-16 or Windows-1252; save it as “CSV UTF-8”.") from error
    opening = head.decode(origin.encoding, "replace").lstrip("\ufeff \t\r\n")
    for start, what in OPENINGS.items():
        if re.match(start, opening):
            raise Unreadable(f"The file is {what}.")
    return origin


def _head(source: BinaryIO) -> bytes:
    source.seek(0)
    head = source.read(512)
    source.seek(0)
    return head


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 by its mark, or by every other byte of the Latin letters in its header being zero."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    pairs = max(len(head) // 2, 1)
    odd, even = head[1::2].count(0) / pairs, head[0::2].count(0) / pairs
    if odd > 0.5 and even < 0.1:
        return "utf-16-le"
    if even > 0.5 and odd < 0.1:
        return "utf-16-be"
    return None


def _utf8_or_cp1252(source: BinaryIO) -> Origin:
    """Not one sound character outside ASCII, but broken ones: then it is what Excel saves as plain CSV on Windows.

    Otherwise it is UTF-8, and its broken rows are reported as they come.
    """
    sound = broken = lines = 0
    for text in _blocks(source, "utf-8-sig", "surrogateescape"):
        lines += text.count("\n") or text.count("\r")
        if not text.isascii():
            outside = [letter for letter in text if letter > "\x7f"]
            wrong = sum("\udc80" <= letter <= "\udcff" for letter in outside)
            broken, sound = broken + wrong, sound + len(outside) - wrong
    if broken <= sound:
        return Origin("utf-8-sig", lines)
    lines = 0
    for text in _blocks(source, "cp1252", "strict"):
        if found := GARBLED.search(text):
            what = f"text of a Macintosh or of DOS, whose letters are others ({found[0]})"
            raise Unreadable(f"The file is {what}; save it as “CSV UTF-8”.")
        lines += text.count("\n") or text.count("\r")
    return Origin("cp1252", lines)


def _count(source: BinaryIO, encoding: str) -> int:
    return sum(text.count("\n") or text.count("\r") for text in _blocks(source, encoding, "strict"))


def _blocks(source: BinaryIO, encoding: str, errors: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    source.seek(0)
    while block := source.read(BLOCK):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)
    source.seek(0, os.SEEK_SET)
