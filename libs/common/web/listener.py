"""The door of a server that is about to end: nobody new is heard at it, and who stands in it is still let in.

A listener that is just closed cuts off who reached it since it was last looked at, with a request already sent, and a
gateway repeats no POST that was sent. So for the last moment Linux is told to overlook who knocks: they knock again a
second later, where the door is closed or another's, and the gateway asks another instance.
"""

import ctypes
import mmap
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from gunicorn.arbiter import Arbiter

SO_ATTACH_FILTER = 26  #: Linux's, for all machines that containers are made for; the socket module does not name it
#: classic BPF on what comes to a TCP listener: a segment with the SYN bit is dropped, any other goes through
NOBODY_NEW = ((0x30, 0, 0, 13), (0x45, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))
LAST_S = 0.01  #: whoever had knocked before stands in the door by then


class Doorkeeper(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's master. Its workers listen at one door, and only it knows that all of them end."""

    def __init__(self, app: Any) -> None:
        app.all_end = mmap.mmap(-1, 1)  # shared with the workers, which are forked later
        super().__init__(app)

    def stop(self, graceful: bool = True) -> None:
        self.app.all_end[0] = 1
        super().stop(graceful)


def overlook(listeners: Iterable[Any]) -> None:
    """From now on a new caller is not heard. It holds for all processes that listen there, and cannot be undone here.

    Where this is not possible the door is just closed later.
    """
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in NOBODY_NEW))
    told = struct.pack("HL", len(NOBODY_NEW), ctypes.addressof(program))
    for listener in listeners:
        if listener.family in (socket.AF_INET, socket.AF_INET6):
            with suppress(OSError):
                listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, told)
