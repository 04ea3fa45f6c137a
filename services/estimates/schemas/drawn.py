"""A drawn signature: a small PNG picture in a ``data:`` address, as a page's canvas gives it."""

import base64
import binascii
import struct
from io import BytesIO
from typing import Any

from marshmallow import ValidationError

from libs.common.web import fields

BEFORE = "data:image/png;base64,"
LONGEST = 100_000  #: characters of the address
WIDEST = 2000  #: pixels, either way: a small file may hold a picture as large as a town
SIZE = struct.Struct(">II")  #: a PNG's width and height, its bytes 16 to 23


class Drawing(fields.Text):
    """Kept as drawn. What is no picture is refused here: it would be found out when the signature is needed."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=LONGEST, blank=False, **more)

    def read(self, value: Any) -> str:
        typed = super().read(value)
        if not typed.startswith(BEFORE) or not _is_png(typed.removeprefix(BEFORE)):
            raise ValidationError(f"is not a PNG picture of at most {WIDEST} pixels either way as {BEFORE}...")
        return typed

    def described(self) -> dict[str, Any]:
        return {**super().described(), "pattern": f"^{BEFORE}[A-Za-z0-9+/]+={{0,2}}$"}


def _is_png(encoded: str) -> bool:
    from PIL import Image, UnidentifiedImageError  # slow to import

    try:
        told = base64.b64decode(encoded, validate=True)
        wide, high = SIZE.unpack_from(told, 16)
        if max(wide, high) > WIDEST:
            return False
        with Image.open(BytesIO(told), formats=["PNG"]) as picture:
            picture.load()
    except (binascii.Error, struct.error, UnidentifiedImageError, OSError, SyntaxError, ValueError):
        return False
    return True
