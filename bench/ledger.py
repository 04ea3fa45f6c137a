"""A client that writes down what it asks and what it is told, on disk before it goes on, and never takes no answer
for one: it asks again under the same key until it knows."""

import hashlib
import http.client
import json
import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.client import Client

AWAY = (429, 502, 503, 504)  #: ask again
NO_ANSWER = (401, *AWAY)  #: not to what was asked: whoever asks must sign in again, or come again
UNHEARD = (502, 504)  #: the gateway's: what it asked may have been done, and it did not hear
WAITS_S = 15.0  #: for an answer; one that comes later counts as none


@dataclass
class Entry:
    """One request. ``status`` and ``digest`` are of its answer; ``broken`` counts how often nobody knew whether it was
    done.

    ``odd``: a later answer that was not the first's bytes, or did not say that it is a repetition.
    """

    method: str
    path: str
    tries: int = 0
    broken: int = 0
    status: int = 0
    digest: str = ""
    ident: str = ""
    replayed: bool = False
    odd: str = ""

    @property
    def done(self) -> bool:
        return 200 <= self.status < 300


class Ledger:
    """Requests with a key, and answers. Each line is on disk before the caller goes on.

    ``open``: where the requests go that somebody waits for right now.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.entries, self.open = path, dict[str, Entry](), dict[str, str]()
        self._guard, self._file = threading.Lock(), path.open("ab", buffering=0)

    def asked(self, key: str, method: str, path: str) -> None:
        with self._guard:
            self.entries.setdefault(key, Entry(method, path)).tries += 1
        self._write({"asked": key, "method": method, "path": path})
        self.open[key] = path

    def broke(self, key: str, why: str) -> None:
        with self._guard:
            self.entries[key].broken += 1
        self._write({"broke": key, "why": why})

    def told(self, key: str, status: int, body: bytes, *, replayed: bool) -> None:
        digest = hashlib.sha256(body).hexdigest()
        with self._guard:
            entry = self.entries[key]
            if status in NO_ANSWER:
                entry.broken += status in UNHEARD
            elif not entry.done:
                entry.status, entry.digest, entry.replayed = status, digest, replayed
                entry.ident = str(json.loads(body).get("id", "")) if status == 201 else ""
            elif digest != entry.digest or not replayed:
                said, marked = body[:200].decode(errors="replace"), "marked" if replayed else "not marked"
                entry.odd = f"{status}, {marked}: {said}"
        self._write({"told": key, "status": status, "replayed": replayed, "body": body.decode(errors="replace")})

    def _write(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line).encode() + b"\n")
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


class Careful(Client):
    """A client with a ledger. ``revive`` is called whenever nobody answers, before it asks again.

    ``patience`` is for how many seconds it goes on; a refusal (403, 404, 409, 412, 422) it asks again so long as
    ``unready`` says, since the facts that make it possible may still be on their way. ``repeats``: which part of
    what was answered it asks once more, as if it had not heard.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        ledger: Ledger,
        revive: Callable[[], None] = lambda: time.sleep(0.1),
        renew: Callable[[], str | None] = lambda: None,
        patience: float = 60.0,
        unready: float = 0.0,
        repeats: float = 0.0,
    ) -> None:
        super().__init__(url, token)
        self.ledger, self.revive, self.renew = ledger, revive, renew
        self.patience, self.unready, self.repeats = patience, unready, repeats

    def _exchange(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str], *, repeating: bool = False
    ) -> tuple[int, str | None, bytes]:
        given, began = dict(headers), time.monotonic()
        while True:
            answer = self._once(method, path, data, given)
            waited = time.monotonic() - began
            if answer is None or answer[0] in AWAY:
                if waited > self.patience:
                    raise TimeoutError(f"{method} {path}: no answer within {waited:.0f} s")
                self.revive()
            elif answer[0] == 401 and (token := self.renew()) is not None:
                given["Authorization"] = f"Bearer {token}"
            elif method == "POST" and answer[0] in (403, 404, 409, 422) and waited < self.unready:
                time.sleep(0.2)
            else:
                once_more = "Idempotency-Key" in given and answer[0] < 300 and random.random() < self.repeats
                if once_more and not repeating:  # as if we had not heard it; the ledger compares
                    self._exchange(method, path, data, given, repeating=True)
                return answer

    def _once(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, str | None, bytes] | None:
        key, wire = headers.get("Idempotency-Key"), self._wire()
        wire.timeout = WAITS_S
        if key is not None:
            self.ledger.asked(key, method, path)
        try:
            wire.request(method, path, data, dict(headers))
            answer = wire.getresponse()
            raw = answer.read()
        except ConnectionRefusedError:  # certainly nothing was done
            wire.close()
            return None
        except (http.client.HTTPException, OSError) as away:
            wire.close()
            if key is not None:
                self.ledger.broke(key, repr(away))
            return None
        finally:
            self.ledger.open.pop(key or "", None)
        if key is not None:
            self.ledger.told(key, answer.status, raw, replayed="Idempotency-Replayed" in answer.headers)
        return answer.status, answer.headers.get("ETag"), raw
