"""Passwords are kept as argon2id only, and cost the same to check whether there is an account or not."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST, MOST = 10, 200  #: characters

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16)  # OWASP's least


def hashed(password: str) -> str:
    """Slow on purpose: never inside a transaction."""
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Slow on purpose, also without a hash: how long it takes tells nobody which accounts there are."""
    try:
        _hasher.verify(password_hash or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _nobodys() -> str:
    return hashed("the password of nobody")
