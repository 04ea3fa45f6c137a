"""What an AsyncAPI 3.0 document may look like, as far as ours goes: strict, so that a misspelt word is found.

Written from the specification. @asyncapi/parser, the reference, reads the document in tests/system/test_strangers.py.
"""

from typing import Any


def reference(to: str) -> dict[str, Any]:
    return thing({"$ref": {"type": "string", "pattern": f"^#/{to}"}}, "$ref")


def thing(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def named(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "propertyNames": {"pattern": r"^[A-Za-z0-9._-]+$"}, "additionalProperties": values}


TEXT = {"type": "string", "minLength": 1}
YES_OR_NO = {"type": "boolean"}
BINDING = {"const": "0.3.0"}
SERVER = thing(
    {
        "host": TEXT,
        "pathname": TEXT,
        "protocol": {"enum": ["amqp", "amqps"]},
        "protocolVersion": {"const": "0.9.1"},
        "description": TEXT,
        "variables": named(thing({"default": TEXT, "description": TEXT}, "default")),
        "security": {"type": "array", "items": reference("components/securitySchemes/")},
    },
    "host",
    "protocol",
)
EXCHANGE = thing(
    {"name": TEXT, "type": {"const": "topic"}, "durable": YES_OR_NO, "autoDelete": YES_OR_NO}, "name", "type"
)
QUEUE = thing({"name": TEXT, "durable": YES_OR_NO, "exclusive": YES_OR_NO, "autoDelete": YES_OR_NO}, "name")
CHANNEL_BINDING = {
    "oneOf": [
        thing({"is": {"const": "routingKey"}, "exchange": EXCHANGE, "bindingVersion": BINDING}, "is", "exchange"),
        thing({"is": {"const": "queue"}, "queue": QUEUE, "bindingVersion": BINDING}, "is", "queue"),
    ]
}
PARAMETER = thing(
    {
        "enum": {"type": "array", "items": TEXT, "minItems": 1},
        "location": {"pattern": r"^\$message\.(header|payload)#/"},
    }
)
CHANNEL = thing(
    {
        "address": TEXT,
        "title": TEXT,
        "description": TEXT,
        "servers": {"type": "array", "items": reference("servers/"), "minItems": 1},
        "parameters": named(PARAMETER),
        "messages": named(reference("components/messages/")),
        "bindings": thing({"amqp": CHANNEL_BINDING}),
    },
    "address",
    "messages",
)
OPERATION = thing(
    {
        "action": {"enum": ["send", "receive"]},
        "channel": reference("channels/"),
        "messages": {"type": "array", "items": reference("channels/"), "minItems": 1},
        "bindings": thing(
            {"amqp": thing({"ack": YES_OR_NO, "deliveryMode": {"enum": [1, 2]}, "mandatory": YES_OR_NO,
                            "bindingVersion": BINDING})}
        ),
    },
    "action",
    "channel",
)  # fmt: skip
MESSAGE = thing(
    {
        "name": TEXT,
        "title": TEXT,
        "summary": TEXT,
        "contentType": {"const": "application/cloudevents+json"},
        "correlationId": thing({"location": {"pattern": r"^\$message\.payload#/"}}, "location"),
        "tags": {"type": "array", "items": thing({"name": TEXT}, "name")},
        "bindings": thing({"amqp": thing({"messageType": TEXT, "bindingVersion": BINDING})}),
        "payload": reference("components/schemas/"),  # it is called so in the code that others generate
        "examples": {"type": "array", "items": thing({"payload": {"type": "object"}})},
        "x-publisher": TEXT,
        "x-receivers": {"type": "array", "items": TEXT},
    },
    "name",
    "contentType",
    "payload",
)
DOCUMENT = thing(
    {
        "asyncapi": {"const": "3.0.0"},
        "info": thing({"title": TEXT, "version": TEXT, "description": TEXT}, "title", "version"),
        "defaultContentType": TEXT,
        "servers": named(SERVER),
        "channels": named(CHANNEL),
        "operations": named(OPERATION),
        "components": thing(
            {
                "messages": named(MESSAGE),
                "schemas": named({"$ref": "https://json-schema.org/draft/2020-12/schema"}),
                "securitySchemes": named(thing({"type": {"const": "userPassword"}, "description": TEXT}, "type")),
            }
        ),
    },
    "asyncapi",
    "info",
    "channels",
    "operations",
    "components",
)
