"""What a data folder says of its system: how it ran last, where, and whether it runs now."""

import contextlib
import fcntl
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import services

FILE = "running.json"
DEFAULT = "http://127.0.0.1:8080"


@dataclass(frozen=True)
class Known:
    """``key`` is the signing key, where the folder has one; ``broker`` holds the address of a distributed one's."""

    url: str
    embedded: bool
    running: bool
    key: Path | None
    broker: Path | None


def remember(data: Path, url: str, *, embedded: bool) -> None:
    """Said by `up` when it is ready."""
    unfinished = data / f".{FILE}.new"
    unfinished.write_text(json.dumps({"url": url, "embedded": embedded}))
    unfinished.rename(data / FILE)


def known(data: Path) -> Known:
    said: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError, TypeError):  # one that is spoilt says nothing
        said = dict(json.loads((data / FILE).read_text()))
    files, broker, key = holds_embedded(data), data / "secrets" / "broker-admin-url", data / "signing-key.pem"
    embedded = bool(said.get("embedded", files)) and files
    return Known(
        url=str(said.get("url", DEFAULT)),
        embedded=embedded,
        running=_held(data / "lock"),
        key=key if key.exists() else None,
        broker=broker if broker.exists() and not embedded else None,
    )


def start_of(here: Known) -> str:
    """How a system of this mode is started: the other way would make another, empty one beside it."""
    return "./plumbline up" if here.broker is None else "./plumbline up --distributed"


def holds_embedded(data: Path) -> bool:
    """Whether there are files of ours; somebody else's folder must not be filled with a system."""
    return any((data / f"{name}.db").exists() for name in services.NAMES)


def kept_beside(data: Path, *, distributed: bool) -> str | None:
    """Which command has the records that are here, too, but not in this mode; None where all are this mode's."""
    if distributed:
        return "./plumbline up" if holds_embedded(data) else None
    return "./plumbline up --distributed" if (data / "postgres").exists() else None


def _held(lock: Path) -> bool:
    """Whether a living `up` has the folder."""
    try:
        with lock.open() as opened:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
