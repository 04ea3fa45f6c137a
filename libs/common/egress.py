"""Posting to addresses that people typed: outside only, to where the name was found, and never for long.

A name may mean another machine a moment later, so what it means is looked up and judged with every post, and the line
goes to the very address that was judged.
"""

import contextlib
import functools
import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]

LONGEST_S = 10.0  #: for one post from its first byte to the end of the answer, however slowly it drips
CONNECT_S = 5.0  #: for one of the addresses of a name
MOST_READ = 64 * 1024  #: of an answer; who says more is cut off
LONGEST_URL = 2000
PORTS = (443, 80)  #: and everything from 1024 up: nobody's mail server is spoken to
NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*")
LOCAL = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".onion", ".test", ".invalid")
CARRIERS = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/96"), IPv6Network("::/96"))  #: of an IPv4 address
GLOBAL6 = IPv6Network("2000::/3")
DOCUMENTED = (IPv6Network("2001:db8::/32"), IPv6Network("3fff::/20"))


class NotOutside(Exception):
    """An address that nobody may have us post to, and why."""


class Unreachable(Exception):
    """No answer; the text says why."""


@dataclass(frozen=True)
class Target:
    """Where a post goes: as it was typed, taken apart."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def named(self) -> str:
        """As it is said in a request's Host."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == (443 if self.secure else 80) else f"{shown}:{self.port}"


@dataclass(frozen=True)
class Said:
    """What came back. ``after`` is how long it asks to be spared, in seconds; ``text`` the begin of what it said."""

    status: int
    after: float | None = None
    text: str = ""


def target(url: str, inside: Networks = ()) -> Target:
    """Takes an address apart. ``inside`` are networks of ours that may be reached all the same, also without TLS.

    Raises NotOutside, in words for whoever typed it.
    """
    parts, port = _taken_apart(url)
    secure, host = parts.scheme == "https", (parts.hostname or "").rstrip(".")
    literal = _literal(host)
    if literal is None and not NAME.fullmatch(host):
        raise NotOutside("names no host")
    ours = literal is not None and _in(literal, inside)
    if not ours and literal is not None:
        demand_outside(literal)
    if literal is None and not inside and ("." not in host or f".{host}".endswith(LOCAL)):
        raise NotOutside("names a host that only this network knows")
    if not secure and not (ours or (literal is None and inside)):
        raise NotOutside("is not an address that begins with https://")
    port = port if port is not None else (443 if secure else 80)
    if port not in PORTS and not 1024 <= port < 65536:
        raise NotOutside(f"has port {port}, where no web server would be")
    return Target(secure, str(literal or host), port, f"{parts.path or '/'}{'?' * bool(parts.query)}{parts.query}")


def _taken_apart(url: str) -> tuple[SplitResult, int | None]:
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise NotOutside(f"is no web address: printable ASCII without spaces, at most {LONGEST_URL} characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as wrong:
        raise NotOutside(f"is no web address ({wrong})") from wrong
    if parts.scheme not in ("https", "http"):
        raise NotOutside("is not an address that begins with https://")
    if "@" in parts.netloc:
        raise NotOutside("holds a user's name or password")
    if parts.fragment:
        raise NotOutside("holds a #fragment, which is never sent")
    return parts, port


def demand_outside(address: Address) -> None:
    """Refuses what is not the public internet, in whatever notation. Raises NotOutside."""
    if isinstance(address, IPv6Address):
        inner = _carried(address)
        if inner is not None:
            return demand_outside(inner)
        public = address in GLOBAL6 and not any(address in one for one in DOCUMENTED)
    else:
        public = True
    if not (public and address.is_global) or address.is_multicast or address.is_reserved:
        raise NotOutside(f"leads to {address}, which is not on the public internet")
    return None


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, translated or tunnelled."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in one for one in CARRIERS):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _literal(host: str) -> Address | None:
    """The address, where a host is one, also as ``0x7f.1`` or ``2130706433``; None for a name."""
    with contextlib.suppress(ValueError):
        return ip_address(host)
    with contextlib.suppress(OSError):
        return IPv4Address(socket.inet_aton(host)) if re.fullmatch(r"[0-9a-fx.]+", host) else None
    return None


def _in(address: Address, networks: Networks) -> bool:
    return any(address in one for one in networks)


def addresses(where: Target, inside: Networks = ()) -> list[str]:
    """What the name means now. Raises NotOutside when any of it is inside, Unreachable when nobody knows it."""
    try:
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as unknown:
        raise Unreachable(f"{where.host} is no host that is known") from unknown
    judged = list(dict.fromkeys(str(one[4][0]) for one in found))
    for one in judged:
        address = ip_address(one.partition("%")[0])
        if not _in(address, inside):
            demand_outside(address)
            if not where.secure:
                raise NotOutside("is not an address that begins with https://")
    return judged


class Line:
    """A way to one target, kept open between posts. Nothing that it is answered makes it go elsewhere."""

    def __init__(self, where: Target, inside: Networks = ()) -> None:
        self.where, self.inside = where, inside
        self._connection: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def post(self, body: bytes, headers: Mapping[str, str]) -> Said:
        """One request and what came of it. Raises NotOutside, or Unreachable where there was no answer in time."""
        late = threading.Event()
        with _watched(self, late):
            try:
                return self._ask(body, headers)
            except (OSError, http.client.HTTPException, ValueError) as trouble:
                self.close()
                why = f"said nothing within {LONGEST_S:.0f} s" if late.is_set() else _told(trouble)
                raise Unreachable(why) from trouble
            except BaseException:
                self.close()
                raise

    def _ask(self, body: bytes, headers: Mapping[str, str]) -> Said:
        connection = self._connection or self._opened()
        given = {"Host": self.where.named, "Content-Length": str(len(body)), "Accept-Encoding": "identity"}
        connection.request("POST", self.where.path, body, {**given, **headers})
        answer = connection.getresponse()
        status, after = answer.status, _seconds(answer.headers.get("Retry-After"))
        try:
            text = answer.read(MOST_READ)
            whole = answer.isclosed() or not answer.read(1)
        except (OSError, http.client.HTTPException):  # it has said what it makes of it; the rest is no matter
            text, whole = b"", False
        if not whole or answer.will_close:
            self.close()
        return Said(status, after, text[:300].decode(errors="replace"))

    def _opened(self) -> http.client.HTTPConnection:
        trouble: OSError | None = None
        for address in addresses(self.where, self.inside):
            try:
                self._socket = socket.create_connection((address, self.where.port), CONNECT_S)
                self._socket.settimeout(LONGEST_S)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # head and body leave apart
                if self.where.secure:
                    self._socket = trusted().wrap_socket(self._socket, server_hostname=self.where.host)
            except OSError as failed:
                trouble = failed
                continue
            self._connection = http.client.HTTPConnection(self.where.host, self.where.port)
            self._connection.sock = self._socket
            self._connection.auto_open = 0  # never by itself, to what the name means by then
            return self._connection
        raise trouble or Unreachable(f"{self.where.host} has no address")

    def cut(self) -> None:
        """Ends whatever waits for it, from another thread."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _watched(line: Line, late: threading.Event) -> Iterator[None]:
    """A socket's own timeout begins anew with every byte; this one does not."""

    def over() -> None:
        late.set()
        line.cut()

    clock = threading.Timer(LONGEST_S, over)
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


@functools.cache
def trusted() -> ssl.SSLContext:
    """Reads every root certificate of the machine, which takes longer than all else about a post: once a process."""
    return ssl.create_default_context()


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds, which may also come as a date."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:9])
    from email.utils import parsedate_to_datetime

    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    return None


def _told(trouble: Exception) -> str:
    if isinstance(trouble, ssl.SSLCertVerificationError):
        return f"shows a certificate that is not trusted: {trouble.verify_message}"
    return f"{type(trouble).__name__}: {trouble}"[:300]
