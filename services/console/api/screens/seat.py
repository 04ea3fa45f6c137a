"""Who sits at this browser: the cookie with their token, the secret its forms carry, and what is to be said next."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

import msgspec
from flask import Response, g, request

from libs.common.errors import Forbidden
from libs.common.web import store
from services.console.adapters import words

#: a browser takes ``__Host-`` only with Secure, and Secure only over https; a machine by itself has none
SAFE, PLAIN = "__Host-plumbline", "plumbline"
SAID = "plumbline-said"
CHANGED = words.said("Not sent: the page was older than your sign-in. What you typed is on this device; send it again.")


@dataclass(frozen=True)
class Seat:
    """``seed`` stays from sign-in to sign-out; the token is renewed beneath it."""

    seed: str
    token: str

    @property
    def form_secret(self) -> str:
        """What each form carries. Nobody else can know it, as no script and no other site reads the cookie."""
        return hashlib.sha256(f"form {self.seed}".encode()).hexdigest()[:32]


def secure() -> bool:
    return store().deployment.public_url.startswith("https:")


def taken() -> Seat | None:
    """Who this browser says it is; the token is not checked yet."""
    seed, _, token = request.cookies.get(SAFE if secure() else PLAIN, "").partition(".")
    return Seat(seed, token) if len(seed) == 32 and token else None


def fresh(token: str) -> Seat:
    return Seat(secrets.token_hex(16), token)


def keep(answer: Response, seat: Seat) -> None:
    """Until the browser is closed: a phone in a van is found by others, too."""
    safe = secure()
    name = SAFE if safe else PLAIN
    answer.set_cookie(name, f"{seat.seed}.{seat.token}", httponly=True, secure=safe, samesite="Lax", path="/")


def leave(answer: Response) -> None:
    safe = secure()
    answer.delete_cookie(SAFE if safe else PLAIN, path="/", secure=safe, httponly=True, samesite="Lax")


def own_form(seat: Seat | None) -> bool:
    """Refuses what another site sends: its Origin is another, and it cannot know the form's secret.

    False for a form of ours that was drawn before this sign-in; a browser says the Origin of whatever it sends.
    """
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise Forbidden("this form was sent by another site")
    given = request.headers.get("X-Form-Secret") or request.form.get("_secret", "")
    known = seat is None or hmac.compare_digest(given.encode(), seat.form_secret.encode())
    if not known and origin is None:
        raise Forbidden("this form is not of this sign-in")
    return known


def say(answer: Response, text: str, *, saved: bool = False) -> Response:
    """Shows a line on the next page, once. ``saved``: what was typed is where it belongs, its draft is done with."""
    content = quote(msgspec.json.encode([text, saved]))
    answer.set_cookie(SAID, content, max_age=60, httponly=True, secure=secure(), samesite="Lax", path="/")
    return answer


def heard() -> tuple[str, bool]:
    """What the last act said, and whether it saved; the page that shows it has it forgotten."""
    content = request.cookies.get(SAID)
    if not content:
        return "", False
    g.heard = True
    try:
        text, saved = msgspec.json.decode(unquote(content), type=tuple[str, bool])
    except msgspec.MsgspecError:
        return "", False
    return text[:300], saved
