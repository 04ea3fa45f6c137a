"""The passwords and keys of a system: made once, kept in a folder, a file for each that may be given to one process."""

import json
import os
import secrets
from pathlib import Path
from urllib.parse import quote

import services
from libs.common.signingkey import signing_key

Admin = tuple[str, str]  #: name and password


def write(
    folder: Path,
    *,
    database: str,
    broker: str,
    database_admin: Admin | None = None,
    broker_admin: Admin | None = None,
    key: Path | None = None,
    tls: bool = False,
    mode: int = 0o600,
    socket: Path | None = None,
) -> None:
    """Makes what is missing, and the addresses anew. ``database`` and ``broker`` are host:port.

    ``socket``: the folder of the database's socket, where all who speak to it are on the same machine.

    Where no administrators are given, they get passwords too, and the broker a file that tells it. ``tls``: the broker
    is spoken to in AMQPS.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    admins = [name for name, given in (("database", database_admin), ("broker", broker_admin)) if given is None]
    known = _passwords(folder / "passwords.json", admins)
    of_database, of_broker = known["database"], known["broker"]
    files = {
        "database-passwords": _pairs(of_database),
        "broker-passwords": _pairs(of_broker),
        "signing-key": signing_key(key or folder / "signing-key.pem").decode(),
    }
    for name in services.NAMES:
        files[f"{name}-database-url"] = _database_url((name, of_database[name]), database, name, socket)
        files[f"{name}-amqp-url"] = _amqp_url((name, of_broker[name]), broker, tls=tls)
    if database_admin is None:
        database_admin = ("plumbline", known["admin"]["database"])
        files["database-admin-password"] = database_admin[1]
    if broker_admin is None:
        broker_admin = ("plumbline", known["admin"]["broker"])
        files["broker-admin.conf"] = f"default_user = {broker_admin[0]}\ndefault_pass = {broker_admin[1]}\n"
    files["database-admin-url"] = _database_url(database_admin, database, "postgres", socket)
    files["broker-admin-url"] = _amqp_url(broker_admin, broker, tls=tls)
    for name, content in files.items():
        replace(folder / name, content, mode)


def _passwords(path: Path, admins: list[str]) -> dict[str, dict[str, str]]:
    """What was chosen before, and a password for whoever has none yet: a service that is new."""
    known: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.exists() else {}
    before = json.dumps(known)
    for kind, names in (("database", services.NAMES), ("broker", services.NAMES), ("admin", admins)):
        of_kind = known.setdefault(kind, {})
        for name in names:
            of_kind.setdefault(name, secrets.token_urlsafe(24))
    if json.dumps(known) != before:
        replace(path, json.dumps(known, indent=1), 0o600)
        os.sync()  # the servers will know these; all other files are made anew each time
    return known


def _pairs(passwords: dict[str, str]) -> str:
    return " ".join(f"{name}={passwords[name]}" for name in services.NAMES)


def _database_url(who: Admin, address: str, database: str, socket: Path | None) -> str:
    there = f"postgresql+psycopg://{quote(who[0], safe='')}:{quote(who[1], safe='')}@{address}/{database}"
    return there if socket is None else f"{there}?host={quote(str(socket), safe='')}"


def _amqp_url(who: Admin, address: str, *, tls: bool) -> str:
    return f"amqp{'s' * tls}://{quote(who[0], safe='')}:{quote(who[1], safe='')}@{address}/%2F"


def replace(path: Path, content: str, mode: int) -> None:
    """As a whole or not at all, and never readable by others in between."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
    unfinished.chmod(mode)
    unfinished.rename(path)
