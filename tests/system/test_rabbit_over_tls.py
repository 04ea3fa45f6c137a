"""A broker elsewhere is reached by TLS, as production asks, also where its authority is the company's own."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from libs.common.bus import BusDown
from libs.common.consumer import Consumer
from libs.common.rabbit import RabbitPublisher, RabbitReader
from libs.common.rabbit.bindings import Bindings
from libs.common.rabbit.management import Management
from libs.common.rabbit.topology import EVENTS, queue_of
from tests.contract.throwaway import throwaway_facts  # noqa: F401 - an autouse fixture
from tests.papers import papers
from tests.system.rabbit_world import RabbitWorld, unbind


@contextlib.contextmanager
def behind_tls(shown: ssl.SSLContext, *targets: int) -> Iterator[list[int]]:
    """Ports of this machine that show these papers and pass on to the targets."""
    loop, doors = asyncio.new_event_loop(), list[int]()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while said := await source.read(65536):
                sink.write(said)
                await sink.drain()
        sink.close()

    async def listen(target: int) -> asyncio.Server:
        async def pass_on(asked: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
            answered, ask = await asyncio.open_connection("127.0.0.1", target)
            await asyncio.gather(pump(asked, ask), pump(answered, answer))

        return await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=shown)

    servers = [loop.run_until_complete(listen(target)) for target in targets]
    doors += [server.sockets[0].getsockname()[1] for server in servers]
    turning = threading.Thread(target=loop.run_forever)
    turning.start()
    try:
        yield doors
    finally:
        loop.call_soon_threadsafe(loop.stop)
        turning.join()
        for server in servers:
            server.close()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def test_facts_travel_and_bindings_are_mended_over_tls_and_nobody_else_is_trusted(
    world: RabbitWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, certificate = papers(tmp_path)
    management = int(world.broker.management_url.rpartition(":")[2])
    with behind_tls(shown, world.broker.port, management) as (amqps, https):

        def url(name: str) -> str:
            account = world.accounts[name]
            return f"amqps://{account.name}:{account.password}@127.0.0.1:{amqps}/{quote(world.vhost.name, safe='')}"

        broker = Management(f"https://127.0.0.1:{https}", url("taker"))
        for refused in (lambda: RabbitPublisher(url("maker")).send([]), lambda: broker.bindings(EVENTS)):
            with pytest.raises(BusDown, match="CERTIFICATE_VERIFY_FAILED"):
                refused()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

        bindings = Bindings(world.taker.service, world.taker.consumer, broker, url("taker"))
        bindings.step(lambda *_: None)
        subject = world.make("short", "long" * 100_000, *["more"] * 100)
        publisher = RabbitPublisher(url("maker"))
        assert publisher.send(world.withhold()) == 102
        consumer = Consumer(world.taker.store, world.taker.service.subscriptions)
        assert RabbitReader(url("taker"), queue_of("taker"), consumer.deliver).read_through() == 102
        assert world.taker.heard(subject) == ["short", "long" * 100_000, *["more"] * 100]

        unbind(world, queue_of("taker"))
        missed = world.make("missed")
        assert publisher.send(world.withhold()) == 1
        bindings.step(lambda *_: None)
        assert world.taker.heard(missed) == ["missed"]
        publisher.close()
