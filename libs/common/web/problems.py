"""Every refusal has one shape: RFC 9457 problem+json, naming every fault at once. Never HTML, a stack or SQL."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from libs.common.errors import DomainError, Fault
from libs.common.web.context import link_token, request_id

CONTENT_TYPE = "application/problem+json"

#: on every answer; a page says its own policy
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}

log = logging.getLogger("plumbline.web")

_SPOKEN = {
    400: ("malformed-request", "The request cannot be understood"),
    404: ("not-found", "Not found", "there is nothing at this address"),
    405: ("method-not-allowed", "Not possible here", "this address does not know that method; see Allow"),
    408: ("too-slow", "Too slow", "the request did not arrive in time"),
    413: ("too-large", "Too large", "the body is larger than this address reads"),
    414: ("too-large", "Too large", "the address is too long"),
    415: ("unsupported-media-type", "Wrong content type"),
    431: ("too-large", "Too large", "the headers are too large"),
    500: ("internal", "Something went wrong here", "the fault is ours and has been logged"),
}


def problem(
    status: int,
    slug: str,
    title: str,
    detail: str,
    *,
    errors: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """The answer to a request that was refused."""
    said: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": _instance(),
        "request_id": request_id(),
        **more,
    }
    if errors:
        said["errors"] = [{"pointer": one.pointer, "detail": one.detail} for one in errors]
    answer = Response(msgspec.json.encode(said, enc_hook=str), status, content_type=CONTENT_TYPE)
    answer.headers.update(headers or {})
    return answer


def spoken(status: int) -> dict[str, Any]:
    """What is said where no service is asked: by a gateway, or by the server of a request it cannot read."""
    slug, title, *detail = _SPOKEN[status]
    said = detail[0] if detail else "this is not HTTP as it is spoken here"
    return {"type": f"/problems/{slug}", "title": title, "status": status, "detail": said}


def not_found(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """The same for an address that no service has, as a WSGI application: for a gateway in front of several apps."""
    said = {**spoken(404), "instance": environ.get("PATH_INFO", "")[:500]}
    return Response(msgspec.json.encode(said), 404, content_type=CONTENT_TYPE, headers=HEADERS)(environ, start)


def refused(error: DomainError) -> Response:
    return problem(
        error.status, error.slug, error.title, error.detail, errors=error.errors, headers=error.headers, **error.more
    )


def _http(error: HTTPException) -> Response:
    if error.response is not None and error.code is not None and error.code < 400:
        return Response(status=error.code, headers=dict(error.response.headers))
    status = error.code or 500
    slug, title, *detail = _SPOKEN.get(status, ("refused", "Refused"))
    headers = {name: value for name, value in error.get_headers() if name.lower() in ("allow", "retry-after")}
    return problem(status, slug, title, detail[0] if detail else title.lower(), headers=headers)


def _unexpected(error: Exception) -> Response:
    log.error("unexpected error in %s, request %s", _instance(), request_id(), exc_info=error)
    return problem(500, "internal", "Something went wrong here", "the fault is ours and has been logged")


def _instance() -> str:
    """The address, without the secret of a customer link."""
    token = link_token()
    path = request.path[:500]
    return path.replace(token, "…") if token else path


def install(app: Flask) -> None:
    app.register_error_handler(DomainError, refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)
