"""Fields that hold others: lists, parts with their own schema, maps, and JSON that is only carried."""

from typing import Any

import msgspec
from marshmallow import ValidationError, fields

from libs.common.schema.texts import Text
from libs.common.schema.value import WORDS, Value


class List(fields.List[Any]):
    """A list; no endless one."""

    default_error_messages = {**WORDS, "invalid": "is not a list"}  # noqa: RUF012 - as marshmallow declares it

    def __init__(self, inner: Any, *, least: int = 0, most: int = 200, **more: Any) -> None:
        super().__init__(inner, **more)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if not self.least <= len(value) <= self.most:
            raise ValidationError(
                f"has more than {self.most} entries" if len(value) > self.most else f"needs at least {self.least}"
            )
        return super()._deserialize(value, attr, data, **more)

    def described(self) -> dict[str, Any]:
        return {**({"minItems": self.least} if self.least else {}), "maxItems": self.most}

    def from_query(self, text: str) -> Any:
        convert = getattr(self.inner, "from_query", str)
        return [convert(one) for one in text.split(",")]


class Nested(fields.Nested):
    """An object with a schema of its own."""

    default_error_messages = {**WORDS, "type": "is not an object with named fields"}  # noqa: RUF012 - as marshmallow declares it


class Dict(fields.Dict):
    """An object whose names are data, such as a checklist's keys."""

    default_error_messages = {**WORDS, "invalid": "is not an object"}  # noqa: RUF012 - as marshmallow declares it

    def __init__(self, values: Any = None, *, keys: Any = None, most: int = 200, **more: Any) -> None:
        super().__init__(keys=keys or Text(max_length=200, blank=False), values=values, **more)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:  # noqa: ARG002
        if not isinstance(value, dict):
            raise self.make_error("invalid")
        if len(value) > self.most:
            raise ValidationError(f"has more than {self.most} entries")
        found, wrong = {}, {}
        for name, inner in value.items():
            try:
                known = self.key_field.deserialize(name) if self.key_field else name
                found[known] = self.value_field.deserialize(inner) if self.value_field else inner
            except ValidationError as fault:
                wrong[name] = fault.messages
        if wrong:
            raise ValidationError(wrong, valid_data=found)  # type: ignore[arg-type]  # a tree, as Nested raises it
        return found


class Raw(Value):
    """Any JSON, for the use case to judge. ``like`` says to readers of the document what it looks like, most often a
    part of a fact or a TypedDict: it is kept as it came, and some of it may be missing.
    """

    def __init__(self, *, like: Any = None, **more: Any) -> None:
        super().__init__(**more)
        self.like = like

    def described(self) -> dict[str, Any]:
        if self.like is None:
            return {}
        [said], _ = msgspec.json.schema_components([self.like], ref_template="#/components/schemas/{name}")
        return said
