"""One answer for a repeated request: its key is taken with the act, and the answer kept beside the effect."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from libs.common.errors import Invalid

if TYPE_CHECKING:
    from libs.common.tx import Tx

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


def claim(tx: "Tx", key: RequestKey) -> None:
    """Takes the request's key, or raises AlreadyAnswered. Waits for a twin that is still in flight."""
    row = {"caller": key.caller, "path": key.path, "key": key.key, "fingerprint": key.fingerprint}
    if tx.execute(tx.store.statements.claim, {**row, "created_at": tx.now}).first() is not None:
        return
    seen = tx.execute(tx.store.statements.claimed, _mine(key)).one()
    if seen.fingerprint != key.fingerprint:
        raise Invalid("this Idempotency-Key was used with another body; take a new key for a new request")
    if seen.status is None:
        raise RuntimeError(f"{key.path} took an Idempotency-Key and committed without an answer to keep")
    raise AlreadyAnswered((bytes(seen.body), seen.status, dict(seen.headers)))


def keep(tx: "Tx", body: bytes, status: int, headers: dict[str, str]) -> Answer:
    """The answer, kept if the request has a key."""
    if tx.origin.key is not None:
        said = {"status": status, "headers": headers, "body": body}
        tx.execute(tx.store.statements.keep, {**_mine(tx.origin.key), **said})
    return body, status, headers


def _mine(key: RequestKey) -> dict[str, str]:
    return {"by": key.caller, "at_path": key.path, "with_key": key.key}
