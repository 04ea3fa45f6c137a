"""Files as people have them, and some that only claim to be such."""

import struct
import zlib
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from werkzeug.test import TestResponse

from embedded.testing import Bench
from libs.common.filekinds import BY_TYPE
from tests.service.console_reader import Page, Reader

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"an old boiler" * 100
PDF = b"%PDF-1.7\n1 0 obj << >> endobj\n%%EOF\n"
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(side: int = 8) -> bytes:
    """A picture that a browser draws."""
    rows = b"".join(b"\0" + b"\x20\x60\xa0" * side for _ in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def archive(**inside: bytes) -> bytes:
    """A zip of these, by names in which two underscores stand for a slash and one at the end for nothing."""
    raw = BytesIO()
    with ZipFile(raw, "w") as written:
        for name, content in inside.items():
            written.writestr(name.replace("__", "/"), content)
    return raw.getvalue()


def office(part: str, **more: bytes) -> bytes:
    return archive(**{"docProps__app.xml": b"<x/>", "[Content_Types].xml": b"<Types/>", part: b"<w/>", **more})


def opendocument(kind: str) -> bytes:
    return archive(mimetype=kind.encode(), **{"content.xml": b"<x/>"})


OFFICE = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."
GOOD: dict[str, bytes] = {
    "image/jpeg": JPEG,
    "image/png": png(),
    "image/gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
    "image/webp": b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00",
    "image/heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00",
    "image/tiff": b"II*\x00\x08\x00\x00\x00",
    "application/pdf": PDF,
    f"{OFFICE}wordprocessingml.document": office("word__document.xml"),
    f"{OFFICE}spreadsheetml.sheet": office("xl__workbook.xml"),
    f"{OFFICE}presentationml.presentation": office("ppt__presentation.xml"),
    **{f"{ODF}{one}": opendocument(f"{ODF}{one}") for one in ("text", "spreadsheet", "presentation")},
}
BAD: dict[str, bytes] = {
    "a page": HTML,
    "a page behind white space": b"  \n" + HTML,
    "a drawing with a script": SVG,
    "a drawing with a declaration": b'<?xml version="1.0"?>' + SVG,
    "text": b"Call me back, please",
    "a program for Windows": b"MZ\x90\x00\x03\x00\x00\x00" + b"\0" * 100,
    "a program for Linux": b"\x7fELF\x02\x01\x01\x00" + b"\0" * 100,
    "a script": b"#!/bin/sh\nrm -rf /\n",
    "an archive": archive(**{"readme.txt": b"hello"}),
    "a program for Java": archive(**{"META-INF__MANIFEST.MF": b"Main-Class: x", "x.class": b"\xca\xfe\xba\xbe"}),
    "a document with macros": office("word__document.xml", word__vbaProject_bin=b"x").replace(
        b"vbaProject_bin", b"vbaProject.bin"
    ),
    "an older document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100,
    "the beginning of a picture": b"\x89PNG",
}

assert GOOD.keys() == BY_TYPE.keys()


HERE = "Put it here"  #: what the button says
FORM = "multipart/form-data; boundary=edge"


def form(content: bytes, name: str, kind: str = "image/jpeg", **fields: str) -> bytes:
    """The body of a form with one file. (werkzeug's client leaves a file open behind one that is large.)"""
    said = [f'--edge\r\nContent-Disposition: form-data; name="{one}"\r\n\r\n{text}\r\n' for one, text in fields.items()]
    named = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
    return "".join(said).encode() + b"--edge\r\n" + named.encode() + content + b"\r\n--edge--\r\n"


def put(
    bench: Bench, who: str, where: str, content: bytes = JPEG, name: str = "boiler.jpg", **more: Any
) -> TestResponse:
    """Somebody puts a file at a record."""
    data = form(content, name, more.pop("kind", "application/octet-stream"))
    return bench.as_(who).call("POST", f"/api/v1{where}/files", data=data, content_type=FORM, **more)


def kept(bench: Bench, who: str, where: str, content: bytes = JPEG, name: str = "boiler.jpg") -> dict[str, Any]:
    """The same, and it is taken."""
    answer = put(bench, who, where, content, name)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    one: dict[str, Any] = answer.get_json()
    return one


def choose(reader: Reader, content: bytes, name: str = "boiler.jpg", button: str = HERE) -> Page:
    """Chooses a file in the form with this button, and presses it."""
    there = next(one for one in reader.page.forms if button in one.buttons)
    fields = {one: value for one, value in there.fields if one != "file"}
    data = form(content, name, **fields)
    reader.page = Page(reader.client.post(there.action, data=data, content_type=FORM, follow_redirects=True))
    return reader.page
