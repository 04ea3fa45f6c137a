"""What each process finds in its environment: the same names here and in docker-compose.yml, held together by a test.

A process is told what its role needs and no more: its own database, its own user on the broker, nobody else's secret.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import services

SIGNER = "staff"  #: signs tokens; the others fetch its public keys
ASKER = "console"  #: shows what the others keep, asking them through the gateway
SENDERS = ("opportunities", "estimates", "bookings", "notifications")  #: send mail, where there is a mail server
POSTER = "notifications"  #: posts to webhooks
STEPS = ("provision", "topology")  #: run once, as administrators
PASSED_ON = {
    "PLUMBLINE_ENV": "development",
    "PLUMBLINE_LOG_LEVEL": "info",
    "PLUMBLINE_SMTP_URL": "",
    "PLUMBLINE_MAIL_FROM": "",
    "PLUMBLINE_WEBHOOK_NETWORKS": "",
    "PLUMBLINE_OUTBOX_MOST_ROWS": "1000000",
    "PLUMBLINE_OUTBOX_MOST_HOURS": "168",
    "PLUMBLINE_OUTBOX_KEEP_DAYS": "0",
    "PLUMBLINE_NEWS_KEEP_DAYS": "0",
}
CAP = ("PLUMBLINE_OUTBOX_MOST_ROWS", "PLUMBLINE_OUTBOX_MOST_HOURS")


@dataclass(frozen=True)
class Place:
    """Where things are. ``binds``: where each service's api listens."""

    secrets: Path
    management_url: str
    public_url: str
    gateway_url: str
    binds: Mapping[str, str]
    web_workers: int
    web_threads: int

    def secret(self, name: str) -> str:
        return str(self.secrets / name)


def of_step(step: str, place: Place) -> dict[str, str]:
    """Of a step that makes the servers ready."""
    own = {
        "provision": {
            "PLUMBLINE_DATABASE_URL_FILE": place.secret("database-admin-url"),
            "PLUMBLINE_DATABASE_PASSWORDS_FILE": place.secret("database-passwords"),
        },
        "topology": {
            "PLUMBLINE_AMQP_URL_FILE": place.secret("broker-admin-url"),
            "PLUMBLINE_MANAGEMENT_URL": place.management_url,
            "PLUMBLINE_BROKER_PASSWORDS_FILE": place.secret("broker-passwords"),
        },
    }
    return {**_passed_on("PLUMBLINE_ENV"), **own[step]}


def of_service(service: str, role: str, place: Place) -> dict[str, str]:
    """Of a service's process: ``api``, ``worker`` or ``migrate``."""
    given = {
        **_passed_on("PLUMBLINE_ENV", "PLUMBLINE_LOG_LEVEL"),
        "PLUMBLINE_DATABASE_URL_FILE": place.secret(f"{service}-database-url"),
    }
    if role == "migrate":
        return given
    given["PLUMBLINE_PUBLIC_URL"] = _said("PLUMBLINE_PUBLIC_URL", place.public_url)
    if service in SENDERS:
        given |= _passed_on("PLUMBLINE_SMTP_URL", "PLUMBLINE_MAIL_FROM")
    if service == POSTER:
        given |= _passed_on("PLUMBLINE_WEBHOOK_NETWORKS")
    if role == "worker":
        return given | {
            "PLUMBLINE_AMQP_URL_FILE": place.secret(f"{service}-amqp-url"),
            "PLUMBLINE_MANAGEMENT_URL": place.management_url,
            **_passed_on("PLUMBLINE_OUTBOX_KEEP_DAYS", "PLUMBLINE_NEWS_KEEP_DAYS"),
        }
    return given | {
        **_keys(service, place),
        **({"PLUMBLINE_GATEWAY_URL": place.gateway_url} if service == ASKER else {}),
        **_passed_on(*CAP),
        "PLUMBLINE_BIND": place.binds[service],
        "PLUMBLINE_WEB_WORKERS": _said("PLUMBLINE_WEB_WORKERS", str(place.web_workers)),
        "PLUMBLINE_WEB_THREADS": _said("PLUMBLINE_WEB_THREADS", str(place.web_threads)),
        "PLUMBLINE_TRUSTED_PROXIES": "1",
    }


def of_gateway(place: Place, www: Path) -> dict[str, str]:
    """What deploy/gateway/site.conf.template leaves open, besides where it listens for everybody and logs."""
    inside = place.gateway_url.removeprefix("http://")
    return {"GATEWAY_WWW": str(www), "GATEWAY_INSIDE": inside} | {
        f"GATEWAY_{name.upper()}": place.binds[name] for name in services.NAMES
    }


def _keys(service: str, place: Place) -> dict[str, str]:
    if service == SIGNER:
        return {"PLUMBLINE_SIGNING_KEY_FILE": place.secret("signing-key")}
    return {"PLUMBLINE_JWKS_URL": f"http://{place.binds[SIGNER]}/api/v1/{SIGNER}/jwks"}


def _passed_on(*names: str) -> dict[str, str]:
    """What the operator said, for all alike, or in which file it stands."""
    files = {f"{name}_FILE": os.environ[f"{name}_FILE"] for name in names if os.environ.get(f"{name}_FILE")}
    return {name: _said(name, PASSED_ON[name]) for name in names if f"{name}_FILE" not in files} | files


def _said(name: str, otherwise: str) -> str:
    return os.environ.get(name) or otherwise
