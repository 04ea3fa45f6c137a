"""What every OpenAPI document says alike: the problems an act may be answered with, and their shape."""

from typing import Any

PROBLEMS = {
    400: "The body is not JSON, or the request not HTTP, as accepted here.",
    401: "No token, or none that is valid.",
    403: "None of the caller's roles has the permission.",
    404: "No such record, or none in the caller's scope.",
    405: "This address does not know that method.",
    408: "The request did not arrive in time.",
    409: "The record, as it stands, does not allow the act; `errors` names all that is missing.",
    410: "No longer available.",
    412: "Someone else changed the record since the caller read it.",
    413: "Too large.",
    414: "The address is too long.",
    415: "Wrong content type.",
    422: "Wrong names or values; `errors` names each.",
    428: "If-Match is needed.",
    429: "Too many requests.",
    431: "The headers are too large.",
    500: "The fault is ours and has been logged.",
    502: "The gateway does not reach the service.",
    503: "Temporarily unavailable; nothing is known to have changed.",
    504: "The service did not answer the gateway in time; what was asked may have been done.",
}
#: what comes with an answer, beside its body
HEADERS = {
    "Content-Disposition": "Where it is a file: whether it may be shown where it is opened, and what it is called.",
    "ETag": "The record as it is shown, for If-Match, which counts its version, and If-None-Match.",
    "Idempotency-Replayed": "`true` where this is the first answer to this Idempotency-Key, told again.",
    "Link": 'The next page, as `<address>; rel="next"`, where there is one.',
    "Location": "Where the new record is, for a caller who may see it.",
}
#: the same of refusals
REFUSED_WITH = {
    401: {"WWW-Authenticate": "How to sign in."},
    405: {"Allow": "The methods that this address knows."},
    429: {"Retry-After": "Seconds to wait."},
    503: {"Retry-After": "Seconds to wait, where that is known."},
}
#: what any operation may be answered with, mostly by server or gateway before one is asked: said once, not at each
ANYWHERE = (400, 405, 408, 413, 414, 431, 500, 502, 504)
ABOUT = (
    "Errors are RFC 9457 problems. Any operation may be answered with"
    f" {', '.join(map(str, ANYWHERE))}, too: each is in components/responses. In what is posted, and inside of"
    " what is put or patched, null of anything that need not be given is none given. See also /asyncapi.json."
)
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/invalid"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "allowed": {"type": "array", "items": {"type": "string"}},
        "state": {"type": "string", "description": "Where the record stands, where that is in the way."},
        "acceptance_id": {"type": "string", "format": "uuid", "description": "Of the first acceptance."},
        "appointments": {"type": "array", "items": {"type": "string"}, "description": "Those in the way: ids."},
        "parts": {
            "type": "object",
            "description": "Of a service that is not ready: what is well and what is not.",
            "additionalProperties": {
                "type": "object",
                "required": ["ok"],
                "properties": {"ok": {"type": "boolean"}, "detail": {"type": "string"}},
            },
        },
    },
}  # fmt: skip
BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The access_token of POST /api/v1/staff/sessions, good for a quarter of an hour.",
}
#: what is answered as it is: as programs made from the document know a file, a text, and JSON of no one form
FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
WORDS: dict[str, Any] = {"schema": {"type": "string"}}
AS_IT_IS = {
    "application/json": {"schema": {"type": "object"}},
    "application/schema+json": {"schema": {"type": "object"}},
    "text/html": WORDS,
    "text/csv": WORDS,
    "text/calendar": WORDS,
    "text/plain": WORDS,
}
#: in an answer these are always something
NEVER_NULL = frozenset(
    ("id", "number", "state", "version", "created_at", "created_by", "updated_at", "updated_by", "allowed", "items")
)
BOUNDS = ("description", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum")
