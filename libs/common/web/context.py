"""What the edge knows about the request in hand: the app's store, the route's rule, the caller."""

import re
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from flask import current_app, g, request
from marshmallow import Schema

from libs.common.auth import Caller, May
from libs.common.errors import Unauthenticated
from libs.common.idempotency import RequestKey
from libs.common.store import Store
from libs.common.tokens import Verifier
from libs.common.tx import Origin
from libs.common.web.limits import Limits
from libs.common.web.people_cache import People

JSON = "application/json"
PUBLIC, SIGNED_IN, LINK = "(public)", "(signed in)", "(customer link)"

_REQUEST_ID = re.compile(r"[\w.-]{1,80}", re.ASCII)  #: no colon: ``timer:…`` and ``job:…`` are causes of our own
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True)
class Rule:
    """What an endpoint declared: for the edge, for OpenAPI, and for the test that every route has one."""

    may: May
    body: type[Schema] | None
    query: type[Schema] | None
    answer: type[Schema] | None
    many: bool
    status: int
    edits: bool
    upload: bool
    idempotent: bool
    limit: int
    summary: str
    page: bool = False  #: HTML for people: part of no contract between programs
    more: str = ""  #: what the view's docstring says below its first paragraph
    kinds: tuple[str, ...] = ()  #: as what it answers beside JSON that ``answer`` describes
    in_pieces: bool = False  #: an upload whose files are never in memory whole
    names: tuple[str, ...] = ()  #: all that ``<name>`` in its path may be, where that is known

    @property
    def permissions(self) -> tuple[str, ...]:
        names = (self.may,) if isinstance(self.may, str) else self.may
        return tuple(name for name in names if name not in (PUBLIC, SIGNED_IN, LINK))


@dataclass(frozen=True)
class Edge:
    """What one service's app keeps. Several apps live in one process, so nothing of it is the module's."""

    service: Any
    store: Store
    verifier: Verifier
    people: People = field(default_factory=People)
    limits: Limits = field(default_factory=Limits)


def edge() -> Edge:
    return cast(Edge, current_app.extensions["plumbline.edge"])


def store() -> Store:
    """The transactions of the service whose app answers this request."""
    return cast(Store, current_app.extensions["plumbline"])


def rule() -> Rule:
    return cast(Rule, g.rule)


def caller() -> Caller:
    """The person behind this request. Raises Unauthenticated on a public route, where there is none."""
    who = g.get("caller")
    if who is None:
        raise Unauthenticated("sign in first", headers={"WWW-Authenticate": "Bearer"})
    return cast(Caller, who)


def request_id() -> str:
    """The caller's X-Request-Id where it is a sane one, else a new one: it is the causation of what follows."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else str(store().ids())
    return cast(str, g.request_id)


def if_match() -> str | None:
    """The version that the caller says it has seen, for ``tx.expect``."""
    return request.headers.get("If-Match")


def link_token() -> str:
    """The secret in a customer link's path."""
    return str((request.view_args or {}).get("token", ""))


def actor() -> str:
    who = g.get("caller")
    if who is not None:
        return str(cast(Caller, who).person_id)
    return "customer" if g.get("rule") is not None and rule().may == LINK else "public"


def browser() -> str:
    """What the caller's program calls itself, on one line and not at length."""
    agent = request.headers.get("User-Agent", "")[:150]
    return agent if agent.isprintable() else "".join(one for one in agent if one.isprintable())


def origin(key: RequestKey | None = None) -> Origin:
    """Who asks, through what, and because of what, as the transaction keeps it."""
    trace = request.headers.get("traceparent", "")
    return Origin(
        actor=actor(),
        action=f"{request.method} {request.url_rule or request.path[:100]}"[:120],
        causation=request_id(),
        client=f"{request.remote_addr or ''} {browser()}"[:200],
        traceparent=trace if _TRACEPARENT.fullmatch(trace) else "",
        key=key,
    )


def person_id() -> UUID:
    return caller().person_id
