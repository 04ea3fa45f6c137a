"""What one does with a RabbitMQ that is there, ours or given: users, virtual hosts, rights, by its management API."""

import base64
import contextlib
import json
import secrets
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit


@dataclass(frozen=True)
class VirtualHost:
    """A broker for oneself: ``url`` for AMQP as ``user``, who may do everything in ``name``."""

    name: str
    user: str
    password: str
    url: str


class Broker:
    """Where it listens, and its administrator."""

    def __init__(self, *, host: str, port: int, management_url: str, admin: tuple[str, str]) -> None:
        """``admin``: name and password of a user tagged administrator."""
        self.host, self.port, self.management_url, self.admin = host, port, management_url, admin

    def url(self, user: str | None = None, password: str | None = None, vhost: str = "/") -> str:
        """For AMQP. The administrator's, unless a user is named."""
        name, secret = self.admin if user is None else (user, password or "")
        return f"amqp://{quote(name, safe='')}:{quote(secret, safe='')}@{self.host}:{self.port}/{quote(vhost, safe='')}"

    def manage(self, method: str, path: str, body: object = None, *, seconds: float = 10) -> Any:
        """A call of the management API: ``manage("GET", "/api/overview")``; None for an empty answer.

        ``urllib.error.HTTPError`` for a refusal, another ``OSError`` where it cannot be reached.
        """
        name_and_password = base64.b64encode(":".join(self.admin).encode()).decode()
        request = urllib.request.Request(  # noqa: S310 - our own address
            self.management_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Basic {name_and_password}", "Content-Type": "application/json"},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy knows nothing of our loopback
        with direct.open(request, timeout=seconds) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def put_user(self, name: str, password: str, *, tags: str = "") -> None:
        """Made, or given this password and these tags (``administrator``, ``monitoring``, ...)."""
        self.manage("PUT", f"/api/users/{quote(name, safe='')}", {"password": password, "tags": tags})

    def permit(self, user: str, vhost: str = "/", *, configure: str = "", write: str = "", read: str = "") -> None:
        """What the user may do there, as regular expressions of names; an empty one permits nothing."""
        rights = {"configure": configure or "^$", "write": write or "^$", "read": read or "^$"}
        self.manage("PUT", f"/api/permissions/{quote(vhost, safe='')}/{quote(user, safe='')}", rights)

    @contextlib.contextmanager
    def vhost(self) -> Iterator[VirtualHost]:
        """A new virtual host with an administrator of its own; both are gone afterwards, queues and all."""
        name, password = f"test-{secrets.token_hex(6)}", secrets.token_urlsafe(18)
        self.manage("PUT", f"/api/vhosts/{name}")
        try:
            self.put_user(name, password, tags="administrator")
            self.permit(name, name, configure=".*", write=".*", read=".*")
            self.permit(self.admin[0], name, configure=".*", write=".*", read=".*")
            yield VirtualHost(name, name, password, self.url(name, password, name))
        finally:
            for path in (f"/api/vhosts/{name}", f"/api/users/{name}"):
                with contextlib.suppress(OSError):  # a test may have killed the broker
                    self.manage("DELETE", path)


def given(amqp_url: str, management_url: str | None = None) -> Broker:
    """A broker somebody else runs, by its administrator's AMQP URL; its management API is expected at port 15672."""
    parts = urlsplit(amqp_url)
    host = parts.hostname or "127.0.0.1"
    return Broker(
        host=host,
        port=parts.port or 5672,
        management_url=(management_url or f"http://{host}:15672").rstrip("/"),
        admin=(parts.username or "guest", parts.password or "guest"),
    )
