"""The contract as other systems read it, all from the classes: JSON Schema, the AsyncAPI document, docs/events.md."""

from libs.common.contracts.asyncapi import asyncapi, samples
from libs.common.contracts.eventsdoc import events_markdown
from libs.common.contracts.schemas import (
    command_schema,
    envelope_schema,
    facts,
    publisher,
    reactors,
    receiver,
    schema,
    schema_of,
)

__all__ = [
    "asyncapi",
    "command_schema",
    "envelope_schema",
    "events_markdown",
    "facts",
    "publisher",
    "reactors",
    "receiver",
    "samples",
    "schema",
    "schema_of",
]
