"""A TCP line that a test can spoil: between a service and its broker or database, and whatever else speaks TCP."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable

CHUNK = 65536
ABRUPTLY = struct.pack("ii", 1, 0)  #: SO_LINGER: closed with a reset, as a cable that is pulled out and put back


class Proxy:
    """Listens on ``port`` and passes on to ``target``, another port of this machine.

    ``delay`` seconds before each piece, in each direction; ``slice`` cuts what is passed on into pieces of so many
    bytes; ``hole`` swallows everything, so that both ends find the other silent. They may change at any time.
    """

    def __init__(self, target: int) -> None:
        self.target, self.port = target, 0
        self.delay, self.slice, self.hole = 0.0, CHUNK, False
        self._links: set[Link] = set()
        self._change = threading.Lock()
        self._wanted: tuple[bytes, Callable[[Link], None], bytes] | None = None
        self._listener: socket.socket | None = None
        self.listen()

    def listen(self) -> None:
        """At the same port again after ``refuse``."""
        self._listener = listener = socket.create_server(("127.0.0.1", self.port), backlog=100)
        self.port = listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), name=f"proxy {self.port}", daemon=True).start()

    def refuse(self) -> None:
        """Nobody is let in, and who is in is cut off."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
            self._listener.close()
            self._listener = None
        self.cut()

    def cut(self) -> int:
        """Ends every connection at once, with a reset. How many there were."""
        with self._change:
            links = list(self._links)
        for link in links:
            link.cut()
        return len(links)

    def well(self) -> None:
        """As if nothing had ever been wrong with it."""
        self.delay, self.slice, self.hole, self._wanted = 0.0, CHUNK, False, None
        if self._listener is None:
            self.listen()

    def once(self, said: bytes, act: "Callable[[Link], None]", *, by: bytes = b"") -> None:
        """The next time that a client says something that holds these bytes, ``act`` is called before it is passed on.

        ``by``: only a client that has said this before, on the same connection and since now.
        """
        self._wanted = (said, act, by)

    def close(self) -> None:
        self.refuse()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        link = Link(self, client, server)
        with self._change:
            self._links.add(link)
        answers = threading.Thread(target=link.pump, args=(server, client), daemon=True)
        answers.start()
        link.pump(client, server)
        answers.join()
        with self._change:
            self._links.discard(link)
        client.close()
        server.close()

    def heard(self, link: "Link", said: bytes) -> None:
        with self._change:
            if (wanted := self._wanted) is None:
                return
            words, act, by = wanted
            link.asked = link.asked or by in said
            if not link.asked or words not in said:
                return
            self._wanted = None
        link.said = said
        act(link)


class Link:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self.proxy, self.client, self.server = proxy, client, server
        self.held: threading.Event | None = None
        self.asked, self.said = False, b""
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def server_sees(self) -> int:
        """The port that this connection has for the server."""
        return int(self.server.getsockname()[1])

    def hold(self) -> threading.Event:
        """From now on the server's answers are kept from the client; set when the first one has come."""
        self.held = threading.Event()
        return self.held

    def cut(self) -> None:
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABRUPTLY)
                end.shutdown(socket.SHUT_RDWR)

    def pump(self, source: socket.socket, sink: socket.socket) -> None:
        never = threading.Event()
        with contextlib.suppress(OSError):
            while said := source.recv(CHUNK):
                if source is self.client:
                    self.proxy.heard(self, said)
                elif self.held is not None:
                    self.held.set()
                    continue
                for start in range(0, len(said), max(1, self.proxy.slice)):
                    if self.proxy.delay:
                        never.wait(self.proxy.delay)
                    if not self.proxy.hole:
                        sink.sendall(said[start : start + self.proxy.slice])
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)  # the other direction may still have something to say
