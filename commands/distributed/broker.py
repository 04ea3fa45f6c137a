"""The broker that a command is about, as its administrator: given in the environment, or of an `up --distributed`."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from commands.distributed.secrets import replace
from commands.door.running import holds_embedded, known, start_of
from libs.common import config
from libs.common.rabbit.management import Management, Refusal
from libs.common.rabbit.publisher import EVENTS

NAMING = ("PLUMBLINE_AMQP_URL", "PLUMBLINE_MANAGEMENT_URL", "PLUMBLINE_BROKER_PASSWORDS")


@dataclass(frozen=True)
class Place:
    """``kept``: the file with the subscribers' passwords; a broker that was given has none."""

    amqp_url: str
    broker: Management
    kept: Path | None = None

    def is_ready(self) -> bool:
        """Whether `topology` has been here."""
        try:
            self.broker.call("GET", f"exchanges/{self.broker.here}/{EVENTS}")
        except Refusal as refusal:
            if refusal.status == 404:
                return False
            raise
        return True

    def url(self, user: str, password: str | None) -> str:
        """For AMQP as this user; without its password where nobody knows it."""
        parts = urlsplit(self.amqp_url)
        secret = "" if password is None else f":{quote(password, safe='')}"
        return f"{parts.scheme}://{quote(user, safe='')}{secret}@{parts.netloc.rpartition('@')[2]}/{self.broker.here}"

    def password_of(self, name: str, *, new: bool, made: bool) -> str | None:
        """The subscriber's, chosen now where it is to be ``new`` or is being ``made``; None where it is unknown."""
        known = self._passwords()
        password = None if new else known.get(name)
        if password is None and (new or made):
            password = secrets.token_urlsafe(24)
            self._keep(known | {name: password})
        return password

    def forget(self, name: str) -> None:
        known = self._passwords()
        if known.pop(name, None):
            self._keep(known)

    def _passwords(self) -> dict[str, str]:
        known: dict[str, str] = json.loads(self.kept.read_text()) if self.kept and self.kept.exists() else {}
        return known

    def _keep(self, passwords: Mapping[str, str]) -> None:
        if self.kept:
            replace(self.kept, json.dumps(passwords, indent=1), 0o600)


def find(environ: Mapping[str, str], data: Path | None, *, default: Path) -> Place:
    """Ends the process, with a line that says why, where there is none."""
    said = told(environ, data, default=default)
    settings = config.load_or_exit(said, "subscribers")
    kept = None if said is environ else (data or default).absolute() / "secrets" / "subscribers.json"
    return Place(settings.amqp_url, Management(settings.management_url, settings.amqp_url), kept)


def why_away(environ: Mapping[str, str], data: Path | None, *, default: Path, away: Exception) -> str:
    """What to say of a broker that does not answer: mostly its system does not run."""
    here = known(data or default)
    if _given(environ, data) or here.running or here.broker is None:
        return str(away)
    return f"{(data or default).absolute()} is not running; start it first: {start_of(here)}"


def _given(environ: Mapping[str, str], data: Path | None) -> bool:
    return data is None and any(name.removesuffix("_FILE") in NAMING for name in environ)


def told(environ: Mapping[str, str], data: Path | None, *, default: Path) -> Mapping[str, str]:
    """What `topology` is told of its broker: by the environment, where that names one and no folder is named, else by
    the folder. Ends the process, with a line that says why, where that holds none."""
    if _given(environ, data):
        return environ
    data = (data or default).absolute()
    secrets_of = data / "secrets"
    try:
        (secrets_of / "broker-admin-url").read_text()
        port = json.loads((data / "ports.json").read_text())["management"]
    except FileNotFoundError:
        embedded = " (what runs there is embedded: it has no broker)" if holds_embedded(data) else ""
        config.quit_with(
            f"no distributed system has been started in {data}{embedded}. Start one with ./plumbline up --distributed,"
            " name its folder with --data, or a broker with PLUMBLINE_AMQP_URL and PLUMBLINE_MANAGEMENT_URL",
            code=config.EXIT_NOT_READY,
        )
    except (OSError, ValueError, LookupError, TypeError) as wrong:
        why = wrong.strerror if isinstance(wrong, OSError) else "ports.json does not name the broker's"
        config.quit_with(f"{data} cannot be read: {why}", code=1)
    return {
        "PLUMBLINE_AMQP_URL_FILE": str(secrets_of / "broker-admin-url"),
        "PLUMBLINE_MANAGEMENT_URL": f"http://127.0.0.1:{port}",
        "PLUMBLINE_BROKER_PASSWORDS_FILE": str(secrets_of / "broker-passwords"),
    }
