"""Folders that a broker or a database lives in: one owner at a time, and secrets that stay."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from libs.local import NotReady


@contextlib.contextmanager
def owned(directory: Path) -> Iterator[Path]:
    """The folder, made if need be, for this process alone until it dies, however.

    NotReady if another has it, or if it cannot be written to.
    """
    directory = directory.absolute()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        opened = (directory / "lock").open("w")
    except OSError as wrong:
        raise NotReady(f"{directory} cannot be written to: {wrong.strerror}; choose another folder", code=2) from None
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotReady(
                f"{directory} is in use by another plumbline: stop that one or choose another folder", code=2
            ) from None
        yield directory


def kept(path: Path, value: str, *, mode: int = 0o600) -> str:
    """What the file says; written with this value the first time. Nobody else may read it."""
    if not path.exists():
        unfinished = path.with_name(path.name + ".new")
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        unfinished.write_text(value)
        unfinished.chmod(mode)
        unfinished.rename(path)
    return path.read_text()


def private(folder: Path) -> Path:
    """Made if need be, and its owner's only, whatever the umask: what is written into it tells of people."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    return folder
