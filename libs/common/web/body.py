"""What a request brings, read strictly before any transaction: body, query, and the key of a repeat."""

import hashlib
from typing import Any

import msgspec
from flask import g, request
from marshmallow import Schema
from werkzeug.exceptions import RequestEntityTooLarge

from libs.common import strict_json
from libs.common.errors import Fault, Invalid, WrongType
from libs.common.idempotency import RequestKey
from libs.common.web import uploads
from libs.common.web.context import LINK, actor, link_token, rule

KIB = 1024
BODY_LIMIT = 256 * KIB
KEY_LENGTH = 255


def _raw(limit: int) -> bytes:
    """The bytes. Raises TooLarge without reading more than ``limit``, be there a length or none."""
    request.max_content_length = limit + 1  # werkzeug cuts a body without a length at its maximum, silently
    try:
        raw = request.get_data()
    except RequestEntityTooLarge as wrong:
        raise uploads.too_large(limit) from wrong
    if len(raw) > limit:
        raise uploads.too_large(limit)
    return raw


def parsed() -> Any:
    """The body as JSON values or, for an upload, as its parts. An empty one is an empty object."""
    if "Content-Encoding" in request.headers:
        raise WrongType("send the body as it is, not compressed")
    if rule().in_pieces:
        uploads.measure(request, rule().limit)
        value: Any = uploads.parts(request, in_pieces=True)
        compared: Any = uploads.comparable(value)
    elif rule().upload:
        _raw(rule().limit)
        value = uploads.parts(request)
        compared = uploads.comparable(value)
    else:
        raw = _raw(rule().limit)
        if raw and not _is_json():
            raise WrongType("send application/json in UTF-8")
        value = compared = strict_json.parse(raw) if raw else {}
    if "Idempotency-Key" in request.headers:
        g.fingerprint = _fingerprint(compared)
    return value


def _is_json() -> bool:
    if request.mimetype != "application/json":
        return False
    return request.mimetype_params.get("charset", "utf-8").lower() in ("utf-8", "utf8")


def _fingerprint(value: Any) -> str:
    said = msgspec.json.encode([request.query_string.decode("latin-1"), value], order="sorted")
    return hashlib.sha256(said).hexdigest()


def asked(schema: type[Schema]) -> dict[str, Any]:
    """The query's values as a schema can read them. Raises Invalid for a name that is given twice."""
    fields = schema().fields
    found: dict[str, Any] = {}
    for name, values in request.args.lists():
        field = fields.get(name)
        if len(values) > 1:
            raise _bad(name, "is given more than once")
        if "\0" in name or "\0" in values[0]:
            raise _bad(name, "holds NUL")
        convert = getattr(field, "from_query", None)
        found[name] = convert(values[0]) if convert else values[0]
    return found


def _bad(name: str, what: str) -> Invalid:
    return Invalid(f"?{name[:80]} {what}", errors=[Fault(f"?{name[:80]}", what)])


def request_key() -> RequestKey | None:
    """The Idempotency-Key: per caller and path. A customer's link counts by its hash, and is kept nowhere."""
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method != "POST" or not rule().idempotent:
        return None
    if not 1 <= len(key) <= KEY_LENGTH or not key.isprintable():
        fault = Fault("Idempotency-Key", f"is 1 to {KEY_LENGTH} printable characters")
        raise Invalid("the Idempotency-Key cannot be used", errors=[fault])
    if rule().may == LINK:
        who, path = hashlib.sha256(link_token().encode()).hexdigest(), str(request.url_rule)
    else:
        who, path = actor(), request.path
    if len(path) > 300:
        path = hashlib.sha256(path.encode()).hexdigest()
    if "fingerprint" not in g:
        g.fingerprint = _fingerprint({})
    return RequestKey(caller=who, path=path, key=key, fingerprint=g.fingerprint)
