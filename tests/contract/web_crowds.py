"""Crowds at one door: the same requests from many at once, and many who edit one record."""

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import TestResponse

from tests.contract.web_world import World

CALLERS, KEYS = 50, 200
WRITERS, EDITS = 8, 100
long = [pytest.mark.long, pytest.mark.timeout(900)]


class Crowds:
    @pytest.mark.parametrize("keys", [4, pytest.param(KEYS, marks=long)])
    def test_fifty_who_all_send_the_same_requests_bring_about_each_once(self, world: World, keys: int) -> None:
        """Each asks as a good client does: again, where nobody has done anything yet."""
        bodies: dict[str, set[bytes]] = defaultdict(set)
        first, guard = Counter[str](), threading.Lock()

        def send(number: int) -> None:
            for key in random.Random(number).sample(range(keys), keys):
                answer = insist(lambda key=key: world.post("", {"label": f"box {key}"}, Idempotency_Key=f"k{key}"))
                assert answer.status_code == 201, answer.text
                with guard:
                    bodies[f"k{key}"].add(answer.data)
                    first[f"k{key}"] += "Idempotency-Replayed" not in answer.headers

        together(CALLERS, send)
        assert world.boxes() == keys
        assert {len(told) for told in bodies.values()} == {1}
        assert first == {f"k{key}": 1 for key in range(keys)}

    @pytest.mark.parametrize("edits", [5, pytest.param(EDITS, marks=long)])
    def test_of_eight_who_edit_one_record_nobody_loses_what_was_taken(self, world: World, edits: int) -> None:
        """Each adds one to what it has read, so a change that is lost is missing from the sum."""
        path = f"/{world.box(size=1)['id']}"
        taken, told, guard = list[int](), Counter[int](), threading.Lock()

        def edit(number: int) -> None:
            for _ in range(edits):
                read = insist(lambda: world.get(path))
                size = (read.json or {})["size"] + 1
                tag = read.headers["ETag"]
                answer = insist(lambda size=size, tag=tag: world.call("PATCH", path, {"size": size}, If_Match=tag))
                with guard:
                    told[answer.status_code] += 1
                    taken.extend([size] * (answer.status_code == 200))

        together(WRITERS, edit)
        assert set(told) <= {200, 412}
        assert told.total() == WRITERS * edits
        assert sorted(taken) == list(range(2, 2 + told[200]))
        left = world.get(path).json or {}
        assert (left["size"], left["version"]) == (1 + told[200], 1 + told[200])


def together(number: int, act: Callable[[int], None]) -> None:
    """All begin at the same moment."""
    ready = threading.Barrier(number)

    def one(which: int) -> None:
        ready.wait()
        act(which)

    with ThreadPoolExecutor(number) as pool:
        list(pool.map(one, range(number)))


def insist(act: Callable[[], TestResponse]) -> TestResponse:
    """The answer, once nobody says that one should ask again: as its twin is in flight, or there is no room."""
    while "Retry-After" in (answer := act()).headers:
        pass
    return answer
