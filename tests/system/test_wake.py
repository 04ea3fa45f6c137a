"""A relay sleeps until something is committed, and who commits pays for that only while it does."""

import contextlib
import select
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psycopg
import pytest
import sqlalchemy as sa

from libs.common import wake
from libs.common.flushing import WAKE
from libs.common.locks import SLEEPING
from libs.common.wake import Listener, Lost
from tests.system.distributed_world import until
from tests.system.proxy import Link, Proxy


@dataclass
class Turning:
    """What a relay does meanwhile: it keeps its connection to the broker alive."""

    waits: list[float] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def __call__(self, seconds: float, descriptor: int) -> None:
        self.waits.append(seconds)
        self.meanwhile()
        until_told(descriptor, seconds)


def until_told(descriptor: int, seconds: float = 20) -> bool:
    """Whether something of the server's came within so long: it tells others some time after a commit, not in it."""
    return bool(select.select([descriptor], [], [], seconds)[0])


@pytest.fixture
def turn() -> Turning:
    return Turning()


@pytest.fixture
def url(new_database: Callable[[str], str]) -> str:
    return new_database("desk")


@pytest.fixture
def writer(url: str) -> Iterator[psycopg.Connection]:
    plain = sa.engine.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("CREATE TABLE outbox (id bigint, published_at timestamptz)")
        yield connection


@pytest.fixture
def listener(url: str, writer: psycopg.Connection) -> Iterator[Listener]:
    with contextlib.closing(Listener(url)) as listener:
        yield listener


def commits(writer: psycopg.Connection) -> bool:
    """Whether whoever commits a fact now must notify."""
    return writer.execute(WAKE).fetchone() is not None


def test_it_is_woken_by_each_commit_while_it_sends_what_the_last_one_brought(
    listener: Listener, writer: psycopg.Connection, turn: Turning
) -> None:
    turn.meanwhile = lambda: commits(writer)
    listener.sleep(9, turn)
    listener.linger(1, turn)
    turn.meanwhile = lambda: None
    assert commits(writer)
    assert until_told(listener.connection.fileno())

    listener.sleep(9, turn)

    assert turn.waits == [9, wake.MARK_S]  # what was committed after that had told us already


def test_what_is_told_together_with_an_answer_is_not_slept_over(
    listener: Listener, writer: psycopg.Connection, turn: Turning
) -> None:
    listener.sleep(0, turn)
    assert commits(writer)
    assert until_told(listener.connection.fileno())
    listener.connection.execute("SELECT 1")  # brings it along: nothing more can be read from the socket
    turn.waits.clear()

    listener.sleep(9, turn)

    assert not turn.waits


def test_who_commits_to_a_busy_relay_need_not_notify(
    listener: Listener, writer: psycopg.Connection, turn: Turning
) -> None:
    listener.sleep(0, turn)
    assert commits(writer)

    listener.linger(wake.MUCH, turn)

    assert not commits(writer)
    listener.sleep(0, turn)
    assert commits(writer)


def test_a_busy_relay_lingers_for_nobody(listener: Listener, writer: psycopg.Connection, turn: Turning) -> None:
    listener.linger(1, turn)

    assert not turn.waits
    assert not commits(writer)


def test_what_nobody_has_sent_is_seen_before_it_falls_asleep(
    listener: Listener, writer: psycopg.Connection, turn: Turning
) -> None:
    writer.execute("INSERT INTO outbox VALUES (1, NULL)")

    listener.sleep(9, turn)

    assert not turn.waits
    assert commits(writer)


def test_while_somebody_is_still_writing_it_only_naps(
    listener: Listener, writer: psycopg.Connection, turn: Turning
) -> None:
    with writer.transaction():
        writer.execute(f"SELECT pg_advisory_xact_lock_shared({SLEEPING})")

        listener.sleep(9, turn)

    assert turn.waits == [wake.FALL_ASLEEP_MS / 1000]
    assert not commits(writer)


def test_a_connection_that_the_server_ended_ends_its_sleep(
    listener: Listener, writer: psycopg.Connection, turn: Turning
) -> None:
    pid = listener.connection.info.backend_pid
    turn.meanwhile = lambda: writer.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    with pytest.raises(Lost):
        for _ in range(2):
            listener.linger(1, turn)
            listener.sleep(9, turn)


def all_swallowed(proxy: Proxy) -> None:
    proxy.hole = True


def an_answer_lost(proxy: Proxy) -> None:
    """The server is well, and answers whoever else asks."""
    proxy.once(b"SELECT 1", Link.hold)


@pytest.mark.parametrize("trouble", [all_swallowed, an_answer_lost])
def test_a_connection_over_which_nothing_comes_any_more_ends_its_sleep(
    url: str, writer: psycopg.Connection, turn: Turning, in_a_hurry: None, trouble: Callable[[Proxy], None]
) -> None:
    proxy = Proxy(writer.info.port)
    there = sa.engine.make_url(url).set(port=proxy.port).render_as_string(hide_password=False)
    with contextlib.closing(Listener(there)) as listener:
        listener.sleep(0, turn)
        trouble(proxy)

        with pytest.raises(Lost):
            listener.sleep(0.01, turn)

    proxy.refuse()


def test_of_two_relays_one_sends_until_it_leaves(listener: Listener, url: str) -> None:
    assert listener.become_active()
    with contextlib.closing(Listener(url)) as next_one:
        assert not next_one.become_active()
        listener.close()
        until(next_one.become_active, "the next one takes over")
