"""The private key that staff signs tokens with: a P-256 PEM file that only its owner can read."""

import os
from pathlib import Path


def signing_key(path: Path) -> bytes:
    """The key in this file, made if there is none; two that make it at once end up with one and the same."""
    if not path.exists():
        from joserfc.jwk import ECKey  # a tenth of a second, of every command that only reads the key

        pem = ECKey.generate_key("P-256").as_pem(private=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # the other one was first; its key counts
        finally:
            draft.unlink()
    return path.read_bytes()
