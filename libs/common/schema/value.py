"""The base of our fields: how a value is read and shown, without a library's arguments in every one of them."""

from typing import Any

from marshmallow import fields

WORDS: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": "is needed",
    "null": "cannot be null",
    "validator_failed": "is not acceptable",
}


class Value(fields.Field[Any]):
    """A subclass says ``read`` (raising ValidationError), ``show``, ``described``; for queries also ``from_query``."""

    default_error_messages = WORDS

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:  # noqa: ARG002
        return self.read(value)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> Any:  # noqa: ARG002
        return None if value is None else self.show(value)

    def read(self, value: Any) -> Any:
        """The value out of JSON."""
        return value

    def show(self, value: Any) -> Any:
        """The value as JSON."""
        return value

    def from_query(self, text: str) -> Any:
        """The JSON value that a query's text stands for."""
        return text

    def described(self) -> dict[str, Any]:
        """The value as JSON Schema."""
        return {}
