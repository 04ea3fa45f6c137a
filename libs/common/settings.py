"""Every setting there is: its name in the environment, what it is for, who needs it, and what is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import unquote, urlsplit

WEAK = {"passwordpassword", "plumblineplumbline", "changemechangeme", "postgrespostgres", "guestguestguest"}
PRODUCTION = "production"
HISTORY_DAYS = 30  #: how long the broker's stream keeps facts; an outbox keeps them no shorter


class Wrong(ValueError):
    """A value that is refused, and why."""


@dataclass(frozen=True)
class Setting:
    """``PLUMBLINE_<NAME>``. ``read`` turns its text into the value or raises Wrong; ``needed_by`` names roles."""

    name: str
    about: str
    read: Callable[[str, bool], Any]  #: text, whether this is production
    default: str | None = None
    example: str = ""
    needed_by: frozenset[str] = frozenset()
    secret: bool = False  #: may come from a file: PLUMBLINE_<NAME>_FILE

    @property
    def variable(self) -> str:
        return f"PLUMBLINE_{self.name}"


def loopback(host: str | None) -> bool:
    if host in (None, "", "localhost"):
        return True
    try:
        return ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _word(*allowed: str) -> Callable[[str, bool], str]:
    def read(text: str, _production: bool) -> str:
        if text not in allowed:
            raise Wrong(f"{text!r} is none of {', '.join(allowed)}")
        return text

    return read


def _count(least: int, most: int) -> Callable[[str, bool], int]:
    def read(text: str, _production: bool) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise Wrong(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return read


def _keep(text: str, production: bool) -> int:
    """Days; 0 is for good. Less than the history stream keeps would leave nothing to replay from."""
    try:
        return _count(HISTORY_DAYS, 36500)(text, production) if text != "0" else 0
    except Wrong:
        raise Wrong(f"{text!r} is neither 0, for good, nor a whole number of days from {HISTORY_DAYS}") from None


def _parts(text: str, schemes: tuple[str, ...]) -> Any:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as wrong:
        raise Wrong(f"is no address: {wrong}") from wrong
    if parts.scheme not in schemes or not (parts.hostname or parts.scheme.startswith("sqlite")):
        raise Wrong(f"is not an address like {schemes[0]}://…")
    return parts


def _database(text: str, production: bool) -> str:
    if text.startswith("postgresql://"):
        text = "postgresql+psycopg://" + text.removeprefix("postgresql://")
    parts = _parts(text, ("postgresql+psycopg", "sqlite"))
    if production and parts.scheme != "sqlite":
        _strong(parts.password)
    return text


def _broker(text: str, production: bool) -> str:
    parts = _parts(text, ("amqp", "amqps"))
    if parts.username in (None, "guest") and not loopback(parts.hostname):
        raise Wrong(f"says guest to {parts.hostname}: that is for loopback only, each service has a user of its own")
    if production:
        _strong(parts.password)
        if parts.scheme == "amqp" and not loopback(parts.hostname):
            raise Wrong("is plain amqp in production: passwords and customers' data would cross the network in clear")
    return text


def _strong(password: str | None) -> None:
    if len(unquote(password or "")) < 12 or unquote(password or "").lower() in WEAK:
        raise Wrong("has a weak password: in production it has at least 12 characters nobody would guess")


def _web(text: str, _production: bool) -> str:
    _parts(text, ("http", "https"))
    return text.rstrip("/")


def _management(text: str, production: bool) -> str:
    parts = _parts(text, ("http", "https"))
    if production and parts.scheme != "https" and not loopback(parts.hostname):
        raise Wrong("is plain http in production: the broker's passwords would cross the network in clear")
    return text.rstrip("/")


def _public(text: str, production: bool) -> str:
    parts = _parts(text, ("http", "https"))
    if production and parts.scheme != "https" and not loopback(parts.hostname):
        raise Wrong("is plain http in production: customers' links lead there")
    return text.rstrip("/")


def _mail(text: str, _production: bool) -> str:
    _parts(text, ("smtp", "smtps"))
    return text


def _sender(text: str, _production: bool) -> str:
    if "@" not in text or any(sign in text for sign in "\r\n"):
        raise Wrong(f"{text!r} is no sender like Plumbline <plumbline@example.com>")
    return text


def _key(text: str, _production: bool) -> str:
    from libs.common.tokens import Signer

    try:
        Signer(text)
    except ValueError as wrong:
        raise Wrong(f"is no private key on P-256 as PEM ({wrong})") from wrong
    return text


def _address(text: str, _production: bool) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise Wrong(f"{text!r} is not host:port")
    return text


def _passwords(text: str, production: bool) -> dict[str, str]:
    pairs = dict(pair.partition("=")[::2] for pair in text.split())
    for service, password in pairs.items():
        if not password:
            raise Wrong(f"is not a list of service=password: {service!r}")
        if production:
            _strong(password)
    return pairs


def _networks(text: str, _production: bool) -> tuple[Any, ...]:
    try:
        return tuple(ip_network(one) for one in text.split())
    except ValueError as wrong:
        raise Wrong(f"is no list of networks such as 10.1.0.0/16 ({wrong})") from wrong


def of(*roles: str) -> frozenset[str]:
    return frozenset(roles)


SETTINGS = (
    Setting("ENV", "development, or production, where weak and plain things are refused.",
            _word("development", PRODUCTION), default="development"),
    Setting("DATABASE_URL", "This service's own database; for `provision` the server, as its administrator.", _database,
            secret=True, example="postgresql://leads:a-long-password@localhost/leads",
            needed_by=of("api", "worker", "migrate", "provision")),
    Setting("DATABASE_PASSWORDS", "What `provision` gives the services' roles: leads=… staff=…", _passwords,
            secret=True, example="leads=a-long-password staff=another-password", needed_by=of("provision")),
    Setting("AMQP_URL", "The broker, as this service's own user; for `topology` and `subscribers` an administrator.",
            _broker, secret=True, example="amqp://leads:a-long-password@localhost/%2F",
            needed_by=of("worker", "topology", "subscribers")),
    Setting("MANAGEMENT_URL", "The broker's management API, by which lost bindings are found and mended.",
            _management, example="http://localhost:15672", needed_by=of("topology", "subscribers")),
    Setting("BROKER_PASSWORDS", "What `topology` gives the services' users: leads=… staff=…", _passwords, secret=True,
            example="leads=a-long-password staff=another-password", needed_by=of("topology")),
    Setting("JWKS_URL", "Where the keys are published that tokens are signed with; not for staff.", _web,
            example="http://localhost:8001/api/v1/staff/jwks", needed_by=of("verifier")),
    Setting("GATEWAY_URL", "Where the console asks the other services: the gateway's door for it, as its api sees it.",
            _web, default="http://127.0.0.1:8080"),
    Setting("SIGNING_KEY", "The private key that tokens are signed with (PEM, P-256); for staff alone.", _key,
            secret=True, needed_by=of("signer")),
    Setting("SMTP_URL", "The mail server; without one, mail stays in the database and is shown.", _mail, secret=True,
            default="", example="smtp://user:password@localhost:587"),
    Setting("MAIL_FROM", "Who mail comes from.", _sender, default="Plumbline <plumbline@localhost>"),
    Setting("PUBLIC_URL", "What customers' and colleagues' links begin with.", _public,
            default="http://127.0.0.1:8080"),
    Setting("BIND", "Where the api listens.", _address, default="127.0.0.1:8000"),
    Setting("WEB_WORKERS", "Processes of the api.", _count(1, 64), default="2"),
    Setting("WEB_THREADS", "Threads in each; 1 means one request a process at a time.", _count(1, 64), default="4"),
    Setting("TRUSTED_PROXIES", "How many gateways stand before the api, whose word on who asks counts.", _count(0, 9),
            default="0"),
    Setting("OUTBOX_MOST_ROWS", "So many facts may wait to be sent; beyond, changes are refused with 503.",
            _count(1, 1_000_000_000), default="1000000"),
    Setting("OUTBOX_MOST_HOURS", "So long may the oldest of them wait; beyond, changes are refused with 503.",
            _count(1, 8760), default="168"),
    Setting("OUTBOX_KEEP_DAYS", "How long sent facts are kept for `replay`; 0: for good.", _keep, default="0"),
    Setting("WEBHOOK_NETWORKS", "Networks inside that webhooks may reach, also by http; else only what is public.",
            _networks, default="", example="10.1.0.0/16 192.168.7.9/32"),
    Setting("NEWS_KEEP_DAYS", "How long mail that went, and what people were told, is kept; 0: for good.", _keep,
            default="0"),
    Setting("LOG_LEVEL", "How much is told.", _word("debug", "info", "warning", "error"), default="info"),
)  # fmt: skip
BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}
