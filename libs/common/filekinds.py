"""A file that somebody sent, and what it is: judged by its bytes, never by its name or by what its sender says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

PIECE = 256 * 1024  #: so much of a file is in memory at once


@dataclass(frozen=True)
class Sent:
    """A file as it was sent, read by pieces: it lies on disk where it is no small one."""

    filename: str
    stream: BinaryIO
    size: int
    sha256: str

    def pieces(self) -> Iterator[bytes]:
        """All of it, from the beginning."""
        self.stream.seek(0)
        while piece := self.stream.read(PIECE):
            yield piece


@dataclass(frozen=True)
class Kind:
    """A kind of file that is kept. ``begins``: what its bytes are at which places, in one of these ways.

    ``holds`` are names of which each is inside, besides; a browser draws what is ``drawn``, and runs nothing of it.
    """

    type: str
    ends: tuple[str, ...]  #: of its name; a name without one of them is given the first
    begins: tuple[tuple[tuple[int, bytes], ...], ...]
    holds: tuple[bytes, ...] = ()
    drawn: bool = False


def _at(place: int, *ways: bytes) -> tuple[tuple[tuple[int, bytes], ...], ...]:
    return tuple(((place, way),) for way in ways)


def _office(format_: str, ending: str, part: bytes) -> Kind:
    kind = f"application/vnd.openxmlformats-officedocument.{format_}"
    return Kind(kind, (ending,), _at(0, b"PK\x03\x04"), (b"[Content_Types].xml", part))


def _open(format_: str, ending: str) -> Kind:
    kind = f"application/vnd.oasis.opendocument.{format_}"
    return Kind(kind, (ending,), (((0, b"PK\x03\x04"), (30, f"mimetype{kind}".encode())),))


KINDS = (
    Kind("image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"), _at(0, b"\xff\xd8\xff"), drawn=True),
    Kind("image/png", (".png",), _at(0, b"\x89PNG\r\n\x1a\n"), drawn=True),
    Kind("image/gif", (".gif",), _at(0, b"GIF87a", b"GIF89a"), drawn=True),
    Kind("image/webp", (".webp",), (((0, b"RIFF"), (8, b"WEBP")),), drawn=True),
    Kind("image/heic", (".heic", ".heif"), _at(4, *(b"ftyp" + brand for brand in (
        b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")))),
    Kind("image/tiff", (".tif", ".tiff"), _at(0, b"II*\0", b"MM\0*")),
    Kind("application/pdf", (".pdf",), _at(0, b"%PDF-")),
    _office("wordprocessingml.document", ".docx", b"word/document.xml"),
    _office("spreadsheetml.sheet", ".xlsx", b"xl/workbook.xml"),
    _office("presentationml.presentation", ".pptx", b"ppt/presentation.xml"),
    _open("text", ".odt"),
    _open("spreadsheet", ".ods"),
    _open("presentation", ".odp"),
)  # fmt: skip
BY_TYPE = {kind.type: kind for kind in KINDS}
SPOKEN = "photos (JPEG, PNG, GIF, WebP, HEIC, TIFF), PDF, and Word, Excel, PowerPoint or OpenDocument without macros"
MACROS = (b"vbaProject.bin", b"Basic/script-lc.xml")  #: a document with one of these inside is a program, too
HEAD = 128  #: bytes within which each kind shows
LONGEST = max(len(name) for name in (*MACROS, *(part for kind in KINDS for part in kind.holds)))


def kind_of(sent: Sent) -> Kind | None:
    """What it is; None for what is no kind that is kept: pages, drawings with scripts, programs, archives, text."""
    sent.stream.seek(0)
    head = sent.stream.read(HEAD)
    likely = [one for one in KINDS if any(_begins(head, way) for way in one.begins)]
    if not likely or not head.startswith(b"PK"):
        return likely[0] if likely else None
    inside = _inside(sent, {*MACROS, *(part for one in likely for part in one.holds)})
    if not inside.isdisjoint(MACROS):
        return None
    return next((one for one in likely if inside.issuperset(one.holds)), None)


def _begins(head: bytes, way: tuple[tuple[int, bytes], ...]) -> bool:
    return all(head[place : place + len(wanted)] == wanted for place, wanted in way)


def _inside(sent: Sent, names: set[bytes]) -> set[bytes]:
    """Which of these names are written in an archive, which says the names of what it holds as they are."""
    found, before = set[bytes](), b""
    for piece in sent.pieces():
        text = before + piece
        found |= {name for name in names - found if name in text}
        before = text[-LONGEST:]
    return found
