"""Access tokens: ES256 JWTs that live a quarter of an hour and say who calls."""

import hashlib
import json
import threading
import time
import urllib.request
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from libs.common.errors import Unauthenticated, Unavailable

ISSUER = AUDIENCE = "plumbline"
LIFE_S = 15 * 60
LEEWAY_S = 30  #: servers' clocks differ a little
LAST_S = 2**34  #: no token of ours speaks of a time after the year 2500, nor of infinity
MAX_BYTES = 8 * 1024
REFETCH_S, STALE_S = 10, 24 * 3600
CACHED = 4096
HEADER = {"alg", "kid", "typ"}  #: a header with more (jku, jwk, x5u, crit) is none of ours


@dataclass(frozen=True)
class Claims:
    """What a token says. The roles are used only where the person's copy has not arrived."""

    person_id: UUID
    expires: float
    began: float = 0.0  #: when they signed in; a renewed token keeps it
    name: str = ""
    roles: tuple[str, ...] = ()
    branch: UUID | None = None
    teams: tuple[UUID, ...] = ()


class Signer:
    """Issues tokens with one private key (PEM or JWK) and publishes its public half."""

    def __init__(self, private_key: str | bytes | Mapping[str, Any], clock: Callable[[], float] = time.time) -> None:
        material: Any = dict(private_key) if isinstance(private_key, Mapping) else private_key
        key = ECKey.import_key(material)
        if key.curve_name != "P-256" or not key.is_private:
            raise ValueError("tokens are signed with a private key on the curve P-256")
        public = {name: key.as_dict(private=False)[name] for name in ("crv", "x", "y", "kty")}
        self._key, self._clock = key, clock
        self.kid = key.thumbprint()
        self._public = {**public, "kid": self.kid, "use": "sig", "alg": "ES256"}

    @classmethod
    def new(cls, clock: Callable[[], float] = time.time) -> "Signer":
        """A signer with a key of its own making."""
        return cls(ECKey.generate_key("P-256").as_dict(private=True), clock)

    def issue(
        self,
        person_id: UUID,
        *,
        name: str = "",
        roles: Sequence[str] = (),
        branch: UUID | None = None,
        teams: Sequence[UUID] = (),
        life: float = LIFE_S,
        began: float | None = None,
    ) -> str:
        now = int(self._clock())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(person_id),
            "iat": now,
            "nbf": now,
            "exp": now + int(life),
            "began": now if began is None else int(began),
            "name": name,
            "roles": list(roles),
            "branch": str(branch) if branch else None,
            "teams": [str(team) for team in teams],
        }
        header = {"alg": "ES256", "kid": self.kid, "typ": "JWT"}
        return jwt.encode(header, claims, self._key, algorithms=["ES256"])

    def jwks(self) -> dict[str, Any]:
        return {"keys": [dict(self._public)]}


class Verifier:
    """Checks tokens against the keys of a JWKS, given or fetched. Never trusts what a token says about its own key."""

    def __init__(
        self,
        jwks: Mapping[str, Any] | None = None,
        *,
        url: str | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        fetch: Callable[[str], Mapping[str, Any]] | None = None,
    ) -> None:
        self._keys = _public_keys(jwks) if jwks else {}
        self._url, self._clock, self._monotonic, self._fetch = url, clock, monotonic, fetch or _fetch
        self._lock = threading.Lock()
        self._tried = self._fetched = float("-inf")
        self._seen: OrderedDict[bytes, Claims] = OrderedDict()

    def verify(self, token: str) -> Claims:
        """Who calls. Raises Unauthenticated, or Unavailable while no key was ever fetched."""
        if len(token) > MAX_BYTES or not token.isascii():
            raise _refused("the token is too long")
        digest = hashlib.sha256(token.encode()).digest()
        with self._lock:
            claims = self._seen.get(digest)
            if claims is not None:
                self._seen.move_to_end(digest)
        if claims is None:
            claims = self._checked(token)
            with self._lock:
                self._seen[digest] = claims
                if len(self._seen) > CACHED:
                    self._seen.popitem(last=False)
        if claims.expires + LEEWAY_S <= self._clock():
            raise _refused("the token has expired")
        return claims

    def _checked(self, token: str) -> Claims:
        header = _header(token)
        try:
            claims = jwt.decode(token, self._key(header["kid"]), algorithms=["ES256"]).claims
            return self._read(claims)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as wrong:
            raise _refused("the token is not one of ours") from wrong

    def _read(self, claims: Mapping[str, Any]) -> Claims:
        now = self._clock()
        for name in ("exp", "nbf", "iat"):
            if type(claims[name]) not in (int, float) or not 0 <= claims[name] < LAST_S:
                raise ValueError(f"{name} is no time")
        if claims["iss"] != ISSUER or claims["aud"] != AUDIENCE:
            raise ValueError("made by or for someone else")
        if claims["nbf"] > now + LEEWAY_S or claims["iat"] > now + LEEWAY_S:
            raise ValueError("not valid yet")
        branch = claims.get("branch")
        return Claims(
            person_id=UUID(claims["sub"]),
            expires=float(claims["exp"]),
            began=float(claims.get("began") or claims["iat"]),
            name=str(claims.get("name") or ""),
            roles=tuple(str(role) for role in claims.get("roles") or ()),
            branch=UUID(branch) if branch else None,
            teams=tuple(UUID(team) for team in claims.get("teams") or ()),
        )

    def _key(self, kid: str) -> ECKey:
        with self._lock:
            now = self._monotonic()
            unknown, old = kid not in self._keys, now - self._fetched > STALE_S / 24
            if self._url is not None and (unknown or old) and now - self._tried > REFETCH_S:
                self._tried = now
                self._refresh(now)
            if self._url is not None and not self._keys:
                raise Unavailable("the keys for sign-in cannot be fetched", headers={"Retry-After": str(REFETCH_S)})
            if kid not in self._keys:
                raise _refused("the token is signed with a key that is not ours")
            return self._keys[kid]

    def _refresh(self, now: float) -> None:
        assert self._url is not None
        try:
            self._keys = _public_keys(self._fetch(self._url))
            self._fetched = now
        except (OSError, ValueError, KeyError, TypeError, JoseError):
            if now - self._fetched > STALE_S:
                self._keys = {}


def _refused(detail: str) -> Unauthenticated:
    return Unauthenticated(detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def _header(token: str) -> dict[str, str]:
    from base64 import urlsafe_b64decode

    parts = token.split(".")
    try:
        if len(parts) != 3:
            raise ValueError("three parts")
        header = json.loads(urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
        if set(header) != HEADER or header["alg"] != "ES256" or header["typ"] != "JWT":
            raise ValueError("another kind of token")
        if not isinstance(header["kid"], str) or len(header["kid"]) > 100:
            raise ValueError("no key id")
    except (ValueError, TypeError, RecursionError) as wrong:
        raise _refused("the token is not one of ours") from wrong
    return dict(header)


def _public_keys(jwks: Mapping[str, Any]) -> dict[str, ECKey]:
    """The keys we would verify with; others in the set are someone else's business."""
    mine = [one for one in jwks["keys"] if one.get("kty") == "EC" and one.get("crv") == "P-256" and "kid" in one]
    return {one["kid"]: ECKey.import_key({name: one[name] for name in ("kty", "crv", "x", "y")}) for one in mine}


def _fetch(url: str) -> Mapping[str, Any]:
    with urllib.request.urlopen(url, timeout=3) as answer:  # noqa: S310 - the address is configuration, http(s) checked there
        found: Mapping[str, Any] = json.loads(answer.read(64 * 1024))
        return found
