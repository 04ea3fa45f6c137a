"""What takes a while says so, on stderr: who waits sees that something happens, and programs read stdout."""

import contextlib
import os


def tell(text: str) -> None:
    """A line. Written past ``print``, as a signal's handler says one, too, perhaps in the middle of another."""
    with contextlib.suppress(OSError):  # nobody listens
        os.write(2, f"plumbline: {text} ...\n".encode())
