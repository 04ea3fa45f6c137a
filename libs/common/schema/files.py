"""A file that comes in with a body."""

from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from libs.common.filekinds import Sent
from libs.common.schema.value import Value


@dataclass(frozen=True)
class Upload:
    """A file as it was sent; its name is the sender's and is trusted for nothing."""

    filename: str
    content: bytes


class File(Value):
    """A part that is a file."""

    def read(self, value: Any) -> Upload | Sent:
        if not isinstance(value, Upload | Sent):
            raise ValidationError("is not a file")
        if not (value.size if isinstance(value, Sent) else value.content):
            raise ValidationError("is an empty file")
        return value

    def described(self) -> dict[str, Any]:
        return {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}
