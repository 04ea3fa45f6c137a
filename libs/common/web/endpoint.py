"""The rule of a route: who may, what comes in, what goes out. Read by the edge, by OpenAPI and by a test."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Response, g, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from libs.common import people
from libs.common.auth import RULES, May
from libs.common.dberrors import persistent
from libs.common.errors import Forbidden, PreconditionRequired, Unauthenticated
from libs.common.idempotency import AlreadyAnswered
from libs.common.schema.strict import Schema as StrictSchema
from libs.common.schema.strict import load
from libs.common.schema.texts import countries
from libs.common.web import body as bodies
from libs.common.web.context import LINK, PUBLIC, SIGNED_IN, Rule, caller, edge, if_match
from libs.common.web.denials import denied

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
EDITING = ("PUT", "PATCH")


class Nothing(StrictSchema):
    """A body or query that holds nothing."""


def endpoint(
    *,
    may: May,
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    answer: type[Schema] | None = None,
    many: bool = False,
    status: int = 200,
    edits: bool = False,
    upload: bool = False,
    in_pieces: bool = False,
    idempotent: bool = True,
    limit: int = bodies.BODY_LIMIT,
    kinds: tuple[str, ...] = (),
    names: tuple[str, ...] = (),
    page: bool = False,
) -> Callable[[View], View]:
    """Declares a view's rule. ``may`` is a permission, several of which one is enough, or PUBLIC, SIGNED_IN, LINK.

    With ``body`` the view gets ``given``, with ``query`` it gets ``asked``: a Page where a list comes in pages.
    ``edits`` demands If-Match. ``upload`` reads multipart parts, files as Upload or, ``in_pieces``, as Sent. A LINK's
    path names its secret ``<token>``. ``kinds`` is as what it answers where that is no JSON of a schema, ``names`` all
    that ``<name>`` in its path may be. ``page`` is for people, and not for programs: no document tells of it.
    """
    for permission in (may,) if isinstance(may, str) else may:
        if permission not in RULES and permission not in (PUBLIC, SIGNED_IN, LINK):
            raise TypeError(f"there is no permission {permission!r} in the role table")

    def declare(view: View) -> View:
        first, _, rest = (view.__doc__ or view.__name__.replace("_", " ")).partition("\n\n")
        summary, more = " ".join(first.split()), " ".join(rest.split())
        asked = may, body, query, answer, many, status, edits, upload, idempotent, limit
        mine = Rule(*asked, summary, page, more, kinds, in_pieces, names)

        @functools.wraps(view)
        def run(**path: Any) -> Response:
            g.rule = mine
            persistent(lambda: authorise(mine))
            if edits and if_match() is None:
                raise PreconditionRequired("send If-Match with the ETag of the record as you read it")
            given = dict(path)
            if query is not None or request.args:
                read = load(query or Nothing, bodies.asked(query or Nothing), query=True)
                given |= {"asked": read} if query is not None else {}
            brought = (bodies.parsed(),) if body is not None or request.method in CHANGING else ()
            return _run(view, mine, given, brought)

        run.rule = mine  # type: ignore[attr-defined]
        return cast(View, run)

    return declare


def _run(view: Callable[..., Any], mine: Rule, given: dict[str, Any], brought: tuple[Any, ...]) -> Response:
    """Runs the view, and answers a repeat as the first time.

    ``brought`` is the body, or empty where none is read: a body may be null, and that is no object either.
    """

    def act() -> Response:
        with countries(functools.partial(people.countries_at, edge().store)):
            for raw in brought:
                read = load(mine.body or Nothing, raw, edits=request.method in EDITING)
                if mine.body is not None:
                    given["given"] = read
            return respond(view(**given))

    try:
        return persistent(act)
    except AlreadyAnswered as before:
        answer = respond(before.answer)
        answer.headers["Idempotency-Replayed"] = "true"
        return answer


def respond(said: Any) -> Response:
    if type(said) is tuple and len(said) == 3 and isinstance(said[0], bytes):
        content, status, headers = said
        kind = headers.get("Content-Type")
        answer = Response(content, status, content_type=kind)
        for name, value in headers.items():
            if name != "Content-Type":
                answer.headers[name] = value
        if kind is None:
            answer.headers.pop("Content-Type", None)
        return answer
    from flask import current_app

    return current_app.make_response(said)


def authorise(mine: Rule) -> None:
    """Lets nobody through whom the rule does not name; finds out who calls."""
    if mine.may in (PUBLIC, LINK):
        return
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("send a bearer token", headers={"WWW-Authenticate": "Bearer"})
    here = edge()
    g.caller = here.people.caller(here.store, here.verifier.verify(token.strip()))
    if mine.may != SIGNED_IN and not caller().may(mine.may):
        denied()
        wanted = " or ".join(mine.permissions)
        raise Forbidden(f"none of your roles has the permission {wanted}")
