"""Which facts a pattern means, as a broker's binding has it: ``*`` is one word, ``#`` any number of them."""

import functools
import re
from collections.abc import Callable, Iterable

from libs.common.contracts.publishers import PUBLISHERS

FIRST = "plumbline."  #: every name begins so; a pattern may leave it out
WORDS = {"*": r"\.[^.]+", "#": r"(?:\.[^.]+)*"}


def whole(pattern: str) -> str:
    """As a broker has to be told."""
    return pattern if pattern.startswith(FIRST) else FIRST + pattern


def instead_of(pattern: str, names: Iterable[str]) -> list[str]:
    """Nothing, or what there is where a pattern means none of these names: who listened for it would wait for ever."""
    names = sorted(names)
    if any(map(meant_by(pattern), names)):
        return []
    record = ".".join(whole(pattern).split(".")[:2])
    near = [name for name in names if name.startswith(f"{record}.")]
    streams = {name.split(".")[1] for name in names}
    return near or [f"{FIRST}{one}.#" for one in PUBLISHERS if one in streams]


@functools.lru_cache(maxsize=1000)
def meant_by(pattern: str) -> Callable[[str], bool]:
    """A test for names."""
    words = whole(pattern).removeprefix(FIRST).split(".")
    regex = re.compile("".join(WORDS.get(word, rf"\.{re.escape(word)}") for word in words))
    return lambda name: regex.fullmatch(f".{name.removeprefix(FIRST)}") is not None
