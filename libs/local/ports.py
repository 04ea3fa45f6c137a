"""Ports nobody listens on."""

import contextlib
import random
import socket

# Below Linux's ephemeral range (32768 and up), where the kernel could give a port away before it is used.
RANGE = range(20_000, 32_000)


def free_port() -> int:
    """A loopback TCP port that was free a moment ago."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """So many different ones. They are not reserved: whoever starts on them must be prepared to fail."""
    found: list[int] = []
    with contextlib.ExitStack() as held:
        for port in random.sample(RANGE, len(RANGE)):
            if len(found) == count:
                break
            candidate = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                candidate.bind(("127.0.0.1", port))
                found.append(port)
    return found
