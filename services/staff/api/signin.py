"""Signing in, and who the caller is."""

from typing import cast

import msgspec
from flask import Blueprint, current_app, request

from libs.common.errors import Unauthenticated
from libs.common.parties import email_key
from libs.common.tokens import Claims, Signer
from libs.common.web import PUBLIC, SIGNED_IN, Answer, Given, begin, caller, edge, endpoint, limit, reading
from services.staff import usecases
from services.staff.schemas.signin import EndedOut, KeysOut, MeOut, SessionIn, SessionOut

bp = Blueprint("staff_signin", __name__, url_prefix="/api/v1/staff")

ACCOUNT_MISSES, ADDRESS_MISSES = 10, 100  #: wrong passwords a minute: for one account from one address, and in all


@bp.post("/sessions")
@endpoint(may=PUBLIC, body=SessionIn, answer=SessionOut, status=201, idempotent=False)
def sign_in(given: Given) -> Answer:
    """A token for an e-mail address and a password. Only failures count against the limit."""
    address = request.remote_addr or ""
    account_here = f"sign-in {email_key(given['email'])} {address}"
    limits = ((account_here, ACCOUNT_MISSES), (f"sign-in {address}", ADDRESS_MISSES))
    for key, most in limits:
        limit(key, most, cost=0)
    with reading() as tx:
        account = usecases.account(tx, given["email"])
    try:
        session = usecases.sign_in(account, given["password"], _signer())
    except Unauthenticated:
        for key, most in limits:
            limit(key, most)
        raise
    return msgspec.json.encode(SessionOut().dump(session)), 201, {"Content-Type": "application/json"}


@bp.post("/sessions/renew")
@endpoint(may=SIGNED_IN, answer=SessionOut, status=201, idempotent=False)
def renew() -> Answer:
    """A further quarter of an hour for who is still here: for half a day, until sign-out or a new password."""
    with reading() as tx:
        session = usecases.renew(tx, caller(), _claims(), _signer())
    return msgspec.json.encode(SessionOut().dump(session)), 201, {"Content-Type": "application/json"}


@bp.post("/sessions/end")
@endpoint(may=SIGNED_IN, answer=EndedOut, idempotent=False)
def sign_out() -> Answer:
    """Sign out: nobody renews this session any more, so that its token is good for a quarter of an hour at most."""
    with begin() as tx:
        return tx.answer(EndedOut(), usecases.end(tx, _claims()))


@bp.get("/me")
@endpoint(may=SIGNED_IN, answer=MeOut)
def me() -> Answer:
    """The caller, with the teams they are in or lead."""
    with reading() as tx:
        return tx.answer(MeOut(), usecases.me(tx, caller()))


@bp.get("/jwks")
@endpoint(may=PUBLIC, answer=KeysOut)
def jwks() -> Answer:
    """The public keys that tokens are checked with."""
    return msgspec.json.encode(_signer().jwks()), 200, {"Content-Type": "application/json"}


def _claims() -> Claims:
    """What the caller's own token says."""
    return edge().verifier.verify(request.headers["Authorization"].partition(" ")[2].strip())


def _signer() -> Signer:
    return cast(Signer, current_app.config["signer"])
