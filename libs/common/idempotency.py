"""One answer for a repeated request: its key is taken with the act, and the answer kept beside the effect."""

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from libs.common.errors import Fault, Invalid

if TYPE_CHECKING:
    from libs.common.store import Store
    from libs.common.tx import Tx

_TAG = re.compile(r'"(\d{1,18})(?:-[0-9a-f]{16})?"', re.ASCII)

Answer = tuple[bytes, int, dict[str, str]]  #: body, HTTP status, headers


@dataclass(frozen=True)
class RequestKey:
    """An Idempotency-Key: per caller and path; ``fingerprint`` is the body's hash."""

    caller: str
    path: str
    key: str
    fingerprint: str


class AlreadyAnswered(Exception):
    """This request had its effect before; ``answer`` is what was said then, to the byte."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered before")
        self.answer = answer


def tag(version: int, shown: Any) -> str:
    """The ETag of a record as it is shown: with what other records add to it, which its version says nothing of.

    The order of names means nothing: PostgreSQL gives them back in its own.
    """
    said = msgspec.json.encode(shown, order="sorted")
    return f'"{version}-{hashlib.blake2b(said, digest_size=8).hexdigest()}"'


def tags(if_match: str) -> list[str]:
    """The ETags that If-Match names, of which one has to be right; ``["*"]`` is whatever there is."""
    return [one.strip() for one in if_match.split(",")]


def version_of(tag: str) -> int | None:
    """The version that an ETag names, or one who knows it from the record itself: ``"7"``. None for any other text."""
    named = _TAG.fullmatch(tag)
    return int(named[1]) if named else None


def demand_new(store: "Store", key: RequestKey | None) -> None:
    """Raises AlreadyAnswered when the key's act is done: an act that cannot be done now may be a repeat of it.

    Nothing is asked before an act, as repeats are rare: they run into what the first one did, at the latest when they
    keep their own answer, wait for a twin in flight there, and are undone.
    """
    if key is None:
        return
    mine = {"by": key.caller, "at_path": key.path, "with_key": key.key}
    with store.reading() as tx:
        seen = tx.execute(store.statements.answered, mine).first()
    if seen is None:
        return
    if seen.fingerprint != key.fingerprint:
        fault = Fault("Idempotency-Key", "was used with another body")
        raise Invalid(
            "this Idempotency-Key was used with another body; take a new key for a new request", errors=[fault]
        )
    raise AlreadyAnswered((bytes(seen.body), seen.status, dict(seen.headers)))


def keep(tx: "Tx", body: bytes, status: int, headers: dict[str, str]) -> Answer:
    """The answer; it is kept with the act if the request has a key."""
    tx.kept = body, status, headers
    return tx.kept


def row(tx: "Tx") -> dict[str, Any]:
    """What is kept. An act with a key must have answered, or a repeat would get nothing."""
    key = tx.origin.key
    if key is None or tx.kept is None:
        raise RuntimeError(f"{tx.origin.action} took an Idempotency-Key and commits without an answer to keep")
    body, status, headers = tx.kept
    named = {"caller": key.caller, "path": key.path, "key": key.key, "fingerprint": key.fingerprint}
    return {**named, "status": status, "headers": headers, "body": body, "created_at": tx.now}
