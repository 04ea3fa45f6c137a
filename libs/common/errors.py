"""Everything that can stand in the way of an act, in the business's words; each class knows its HTTP status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. ``pointer`` is a JSON pointer into the body (``/emails/0``), or ``?name`` of a query."""

    pointer: str
    detail: str


@dataclass(frozen=True)
class Missing:
    """One thing that stands in the way of an action. ``field`` is where, such as ``fit/in_service_area``."""

    field: str
    text: str


class DomainError(Exception):
    """Root of what an act may refuse with. ``detail`` says what was tried, what stood in the way, what is possible."""

    slug: ClassVar[str] = "refused"
    title: ClassVar[str] = "Refused"
    status: ClassVar[int] = 409

    def __init__(
        self, detail: str, *, errors: Sequence[Fault] = (), headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.more = more


class Malformed(DomainError):
    slug, title, status = "malformed-request", "Not JSON as accepted here", 400


class Unauthenticated(DomainError):
    slug, title, status = "unauthenticated", "Sign in first", 401


class Forbidden(DomainError):
    slug, title, status = "forbidden", "Not permitted", 403


class NotFound(DomainError):
    slug, title, status = "not-found", "Not found", 404


class Conflict(DomainError):
    """The record, as it stands, does not allow the act; ``errors`` lists everything that is missing."""

    slug, title, status = "conflict", "In the way of this act", 409


def refuse_for(missing: Sequence[Missing], what: str, **more: Any) -> None:
    """Refuses an act with everything that stands in its way at once."""
    if missing:
        raise Conflict(what, errors=[Fault(f"/{one.field}", one.text) for one in missing], **more)


class IllegalTransition(Conflict):
    slug, title = "illegal-transition", "Not possible in this state"

    def __init__(self, what: str, state: str, action: str, allowed: Sequence[str]) -> None:
        can = f"possible now: {', '.join(allowed)}" if allowed else "nothing more can be done with it"
        super().__init__(f"{what} is {state}, so it cannot {action.replace('_', ' ')}; {can}", state=state)
        self.more["allowed"] = list(allowed)


class Gone(DomainError):
    slug, title, status = "gone", "No longer available", 410


class Stale(DomainError):
    slug, title, status = "stale", "Changed by someone else meanwhile", 412


class TooLarge(DomainError):
    slug, title, status = "too-large", "Too large", 413


class WrongType(DomainError):
    slug, title, status = "unsupported-media-type", "Wrong content type", 415


class Invalid(DomainError):
    """A wrong name or value; ``errors`` names every one at once."""

    slug, title, status = "invalid", "Some values cannot be accepted", 422


class PreconditionRequired(DomainError):
    slug, title, status = "precondition-required", "Say which version you are changing", 428


class TooMany(DomainError):
    slug, title, status = "too-many-requests", "Too many requests", 429


class Unavailable(DomainError):
    """Infrastructure is away; nothing was changed as far as is known, and trying again with the same key is safe."""

    slug, title, status = "unavailable", "Temporarily unavailable", 503


class NotYet(Exception):
    """What a handler needs has not arrived; the event waits and is tried again, and is never parked for this."""
