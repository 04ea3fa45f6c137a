"""A real SMTP server that keeps what came under each Message-ID."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from libs.local.ports import free_port


class Post:
    """``got``: the texts that came, by the first half of their Message-ID."""

    def __init__(self, url: str) -> None:
        self.url, self.got = url, dict[str, list[bytes]]()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        head, _, body = envelope.content.partition(b"\r\n\r\n")
        [ident] = [line.split(b"<")[1].split(b"@")[0] for line in head.splitlines() if line.startswith(b"Message-ID")]
        self.got.setdefault(ident.decode(), []).append(body)
        return "250 OK"


@contextmanager
def post_office() -> Iterator[Post]:
    from aiosmtpd.controller import Controller

    port = free_port()
    post = Post(f"smtp://127.0.0.1:{port}")
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()
