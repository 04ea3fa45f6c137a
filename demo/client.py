"""A caller at Plumbline's public door, on the standard library: keeps its connection, retries with the same key."""

import http.client
import json
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4


class Refused(Exception):
    """An answer that is not a success, in the problem's own words."""

    def __init__(self, method: str, path: str, status: int, body: bytes) -> None:
        self.status = status
        try:
            self.problem: dict[str, Any] = json.loads(body)
        except ValueError:
            self.problem = {"detail": body[:300].decode(errors="replace")}
        super().__init__(f"{method} {path} → {status}: {self.problem.get('detail')}")


@dataclass(frozen=True)
class Reply:
    """An answered request: the record, and its ETag where it has one."""

    status: int
    body: Any
    etag: str | None


class Client:
    """One caller; each thread has a connection of its own. ``token`` may be replaced when it has run out."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urllib.parse.urlsplit(url)
        self.host, self.secure, self.token, self._own = parts.netloc, parts.scheme == "https", token, threading.local()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        match: str | None = None,
        content_type: str = "application/json",
    ) -> Reply:
        """Raises Refused for an answer ≥ 400, OSError when nobody answers."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        headers = {"Accept": "application/json"}
        if data is not None:
            headers["Content-Type"] = content_type
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid4())
        if match is not None:
            headers["If-Match"] = match
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        status, etag, raw = self._exchange(method, path, data, headers)
        if status >= 400:
            raise Refused(method, path, status, raw)
        return Reply(status, json.loads(raw) if raw else None, etag)

    def _exchange(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, str | None, bytes]:
        for last in (False, True):  # a connection that was closed while idle is opened again, with the same key
            wire = self._wire()
            try:
                wire.request(method, path, data, dict(headers))
                answer = wire.getresponse()
                return answer.status, answer.headers.get("ETag"), answer.read()
            except (http.client.HTTPException, OSError):
                wire.close()
                if last:
                    raise
        raise AssertionError("the second try returns or raises")

    def _wire(self) -> http.client.HTTPConnection:
        if not hasattr(self._own, "wire"):
            kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
            self._own.wire = kind(self.host, timeout=60)
        wire: http.client.HTTPConnection = self._own.wire
        return wire

    def close(self) -> None:
        """This thread's connection; the next call opens another."""
        if hasattr(self._own, "wire"):
            self._own.wire.close()

    def get(self, path: str) -> Any:
        return self.call("GET", path).body

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        return self.call("POST", path, body if body is not None else {}, key=key).body

    def edit(self, method: str, path: str, body: Any, *, read: str | None = None) -> Any:
        """PUT or PATCH against the record as it is now; read again when a fact changed it in between."""
        for left in reversed(range(5)):
            try:
                return self.call(method, path, body, match=self.call("GET", read or path).etag).body
            except Refused as refusal:
                if refusal.status != 412 or not left:
                    raise
        raise AssertionError("the last try returns or raises")

    def upload(self, path: str, file: bytes, name: str, **parts: str) -> Any:
        """A file as multipart/form-data, with other parts beside it."""
        boundary = uuid4().hex
        pieces = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{part}"\r\n\r\n{value}\r\n'.encode()
            for part, value in parts.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        pieces.append(f"{head}Content-Type: text/csv\r\n\r\n".encode() + file + b"\r\n")
        body = b"".join(pieces) + f"--{boundary}--\r\n".encode()
        return self.call("POST", path, body, content_type=f"multipart/form-data; boundary={boundary}").body

    def items(self, path: str) -> Iterator[Any]:
        """Every record of a list, page by page."""
        following: str | None = path
        while following:
            page = self.get(following)
            yield from page["items"]
            mark = page.get("next")
            joint = "&" if "?" in path else "?"
            following = f"{path}{joint}cursor={urllib.parse.quote(mark)}" if mark else None
