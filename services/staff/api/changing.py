"""Who somebody is must show at once in the process that changed it, whatever it remembered."""

from collections.abc import Iterator
from contextlib import contextmanager

from libs.common.tx import Tx
from libs.common.web import begin, edge


@contextmanager
def changing() -> Iterator[Tx]:
    """``begin()``, and callers are looked up anew once it is committed."""
    with begin() as tx:
        yield tx
    edge().people.forget()
