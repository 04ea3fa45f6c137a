"""A fact (Event) and its envelope on the bus (Message): CloudEvents 1.0, structured JSON."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

import msgspec

CONTENT_TYPE = "application/cloudevents+json"
MAX_BYTES = 1024 * 1024  #: a larger body is parked, never decoded
MAX_SEQUENCE = 2**63 - 1

TYPE = re.compile(r"plumbline\.[a-z_]{1,30}\.[a-z_]{1,60}\.v[1-9][0-9]{0,3}", re.ASCII)
SOURCE = re.compile(r"/plumbline/[a-z][a-z0-9_-]{0,39}", re.ASCII)

_registry: dict[str, type["Event"]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact in the past tense. ``subject`` is the aggregate's id; a subclass writes its wire ``name`` out.

    Raises TypeError at import when two facts share a name or the name is not ``plumbline.<aggregate>.<fact>.v<n>``.
    """

    name: ClassVar[str]
    subject: UUID

    def __init_subclass__(cls) -> None:
        name = cls.__dict__.get("name")
        if name is None:
            return  # a shared part of several facts, never published itself
        if not TYPE.fullmatch(name):
            raise TypeError(f"{cls.__name__}: {name!r} is not plumbline.<aggregate>.<fact>.v<n>")
        if name in _registry:
            raise TypeError(f"{name} is published by both {_registry[name].__name__} and {cls.__name__}")
        _registry[name] = cls

    @classmethod
    def aggregate(cls) -> str:
        """The stream's name, such as ``lead``: services bind whole streams, so that sequences have no gaps."""
        return cls.name.split(".")[1]

    def data(self) -> dict[str, Any]:
        """The fact as JSON values; money as strings, the subject left to the envelope.

        Whole: what an older version did not say is not in what was read, but by its default.
        """
        plain: dict[str, Any] = msgspec.to_builtins({name: getattr(self, name) for name in self.data_fields()})
        return plain

    @classmethod
    def read(cls, subject: UUID, data: dict[str, Any]) -> Self:
        """The fact out of its JSON; unknown fields are ignored. Raises msgspec.ValidationError with a path."""
        return msgspec.convert({**data, "subject": subject}, cls, strict=False)

    @classmethod
    @functools.cache
    def data_fields(cls) -> list[str]:
        return [field.name for field in fields(cls) if field.name != "subject"]


def facts() -> Iterator[type[Event]]:
    """Every fact that is imported, by wire name."""
    yield from (_registry[name] for name in sorted(_registry))


def fact(name: str) -> type[Event] | None:
    return _registry.get(name)


class BadEnvelope(ValueError):
    """A message that cannot be understood, with a code for the parked list and where it went wrong."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope. Names are the wire's; ``sequence`` counts 1, 2, … in its aggregate."""

    specversion: str = "1.0"
    id: UUID
    source: str
    type: str
    subject: UUID
    sequence: str
    time: datetime
    datacontenttype: str = "application/json"
    dataschema: str | msgspec.UnsetType = ""  #: what is no fact has none, and blank is no address
    correlationid: UUID
    causationid: str
    traceparent: str = ""
    actor: str = ""
    branch: str = ""
    data: dict[str, Any]

    @property
    def number(self) -> int:
        return int(self.sequence)

    @property
    def producer(self) -> str:
        return self.source.rpartition("/")[2]

    @property
    def aggregate(self) -> str:
        return self.type.split(".")[1]

    def encode(self) -> bytes:
        return _encoder.encode(self)

    def event(self) -> Event | None:
        """The fact, or None for a type nobody here knows. Raises BadEnvelope when it does not fit its schema."""
        kind = _registry.get(self.type)
        if kind is None:
            return None
        try:
            return kind.read(self.subject, self.data)
        except msgspec.ValidationError as wrong:
            raise BadEnvelope("invalid_payload", str(wrong)) from wrong


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Message)


def decode(raw: bytes, content_type: str = CONTENT_TYPE, *, most: int | None = MAX_BYTES) -> Message:
    """The envelope out of its bytes. Raises BadEnvelope naming what is wrong: a wrong one is parked, not guessed.

    ``most``: bytes that are read; None for what was read before and is our own row now, which may be a little longer.
    """
    if content_type != CONTENT_TYPE:
        raise BadEnvelope("unsupported_encoding", f"the content type is {content_type!r}, not {CONTENT_TYPE}")
    if most is not None and len(raw) > most:
        raise BadEnvelope("too_large", f"{len(raw)} bytes; at most {most} are read")
    try:
        message = _decoder.decode(raw)
    except msgspec.ValidationError as wrong:
        raise BadEnvelope("invalid_envelope", str(wrong)) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise BadEnvelope("malformed", str(wrong)) from wrong
    if message.specversion != "1.0":
        raise BadEnvelope("invalid_envelope", f"specversion is {message.specversion!r}, not '1.0'")
    number = message.sequence
    if not (number.isascii() and number.isdigit() and 1 <= len(number) <= 19 and 1 <= int(number) <= MAX_SEQUENCE):
        raise BadEnvelope("invalid_sequence", f"sequence is {number!r}, not 1 … {MAX_SEQUENCE}")
    if not TYPE.fullmatch(message.type) or not SOURCE.fullmatch(message.source):
        raise BadEnvelope("invalid_envelope", "type or source does not have Plumbline's form")
    if message.time.tzinfo is None:
        raise BadEnvelope("invalid_envelope", "time has no offset")
    return message
