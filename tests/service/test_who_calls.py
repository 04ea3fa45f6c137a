"""What a process remembers of those who call."""

import weakref
from collections.abc import Callable

from embedded.testing import CAST, Bench
from libs.common.tokens import Claims
from libs.common.web.people_cache import FRESH_S, People


def test_who_has_called_is_forgotten_with_what_is_no_longer_believed_of_them(bench: Callable[..., Bench]) -> None:
    """Each quarter of an hour somebody has another token: of ten thousand tokens what they might was kept."""
    [part] = bench("leads").system.parts.values()
    now = 0.0
    people = People(lambda: now)

    def call(who: str) -> weakref.ref[object]:
        return weakref.ref(people.caller(part.store, Claims(CAST[who][0], expires=2.0**33)))

    early, later = call("csr"), call("manager")
    assert call("csr")() is early() is not None
    now = FRESH_S - 1
    latest = call("office")
    assert None not in (early(), later())
    now = FRESH_S

    call("technician")

    assert (early(), later()) == (None, None)
    assert latest() is not None
