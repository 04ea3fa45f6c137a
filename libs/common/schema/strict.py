"""The base of every schema: strict on the way in, and all faults in plain words with JSON pointers."""

import functools
import threading
from collections.abc import Iterator, Mapping
from typing import Any, cast

import marshmallow
from marshmallow import fields, missing
from marshmallow.schema import SchemaMeta

from libs.common.errors import Fault, Invalid
from libs.common.schema.value import Value
from libs.common.strict_json import escape

Given = dict[str, Any]  #: what a schema read


class _Once(SchemaMeta):
    """``LeadOut()`` is always the same object: making one copies every field, which costs more than the dump."""

    _lock = threading.Lock()

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - a metaclass's self is a class
        if args or kwargs:
            return super().__call__(*args, **kwargs)
        only = cls.__dict__.get("_only")
        if only is None:
            only = super().__call__()
            cls._only = only
        return only


class Schema(marshmallow.Schema, metaclass=_Once):
    """Unknown and read-only names are refused. Holds no state between calls, so one instance serves all threads."""

    def _serialize(self, obj: Any, *, many: bool = False) -> Any:
        """What marshmallow does, without asking each plain field how it is read: three times as fast."""
        if many and obj is not None:
            return [self._serialize(one) for one in obj]
        shown: dict[str, Any] = {}
        of_dict = isinstance(obj, Mapping)
        for key, attribute, field, plain in self._ways:
            if plain:
                value = obj.get(attribute, missing) if of_dict else getattr(obj, attribute, missing)
                if value is missing:
                    continue
                shown[key] = None if value is None else field.show(value)
            else:
                value = field.serialize(attribute, obj, accessor=self.get_attribute)
                if value is not missing:
                    shown[key] = value
        return shown

    @functools.cached_property
    def _ways(self) -> list[tuple[str, str, Any, bool]]:
        """Each field's name in JSON, what it is read from, and whether it only has to be shown."""
        ways = []
        for name, field in self.dump_fields.items():
            plain = isinstance(field, Value) and type(field)._serialize is Value._serialize
            plain = plain and field.dump_default is missing and "." not in (field.attribute or "")
            read_from = (field.attribute or name) if plain else name
            ways.append((field.data_key or name, read_from, field, plain))
        return ways

    error_messages = {  # noqa: RUF012 - marshmallow's own way to say it
        "unknown": "is not a field that can be given here",
        "type": "is not an object with named fields",
    }


def unread(given: Any, read: Mapping[str, Any]) -> set[str]:
    """What was given and could not be read: that is named, and a rule that finds it missing has nothing to add."""
    return set(given) - set(read) if isinstance(given, Mapping) else set()


def load(schema: type[marshmallow.Schema], value: Any, *, query: bool = False, edits: bool = False) -> Given:
    """What was given, checked. Raises Invalid that names every fault at once.

    ``edits`` a record: what it names there is to be changed, so that null says something, or cannot be.
    """
    try:
        return cast(Given, schema().load(value if query else _said(schema, value, kept=edits)))
    except marshmallow.ValidationError as wrong:
        faults = list(faults_of(wrong.messages))
        if query:
            faults = [Fault("?" + one.pointer.removeprefix("/"), one.detail) for one in faults]
        raise Invalid(_told(faults), errors=faults) from wrong


def _said(schema: type[marshmallow.Schema], value: Any, *, kept: bool = False) -> Any:
    """Without the nulls of what need not be given, which many programs write of all that they do not know."""
    if not isinstance(value, dict):
        return value
    spared, inside = _spared(schema)
    said = {}
    for name, one in value.items():
        if one is None and name in spared and not kept:
            continue
        within = inside.get(name)
        if within is not None:
            one = [_said(within, item) for item in one] if isinstance(one, list) else _said(within, one)
        said[name] = one
    return said


@functools.cache
def _spared(schema: type[marshmallow.Schema]) -> tuple[frozenset[str], dict[str, type[marshmallow.Schema]]]:
    """The names of what need not be given and cannot be null, and the schema of what is an object or a list of them."""
    named = {field.data_key or name: field for name, field in schema().load_fields.items()}
    spared = frozenset(name for name, field in named.items() if not field.required and not field.allow_none)
    inner = {name: field.inner if isinstance(field, fields.List) else field for name, field in named.items()}
    return spared, {name: type(field.schema) for name, field in inner.items() if isinstance(field, fields.Nested)}


def faults_of(messages: Any, at: str = "") -> Iterator[Fault]:
    """marshmallow's tree of messages as a flat list of pointers."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from faults_of(inner, at if name == "_schema" else f"{at}/{escape(str(name))}")
    elif isinstance(messages, list):
        for inner in messages:
            yield from faults_of(inner, at)
    else:
        yield Fault(at, str(messages))


def _told(faults: list[Fault]) -> str:
    some = "; ".join(f"{one.pointer or 'the body'} {one.detail}" for one in faults[:3])
    return some if len(faults) <= 3 else f"{some}; and {len(faults) - 3} more"
