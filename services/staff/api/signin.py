"""Signing in, and who the caller is."""

from typing import cast

import msgspec
from flask import Blueprint, current_app, request

from libs.common.errors import Unauthenticated
from libs.common.parties import email_key
from libs.common.tokens import Signer
from libs.common.web import PUBLIC, SIGNED_IN, Answer, Given, caller, edge, endpoint, limit, reading
from services.staff import usecases
from services.staff.schemas.signin import KeysOut, MeOut, SessionIn, SessionOut

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
    """A further quarter of an hour for who is still here, until half a day after sign-in or until a new password."""
    token = request.headers["Authorization"].partition(" ")[2].strip()
    claims = edge().verifier.verify(token)
    with reading() as tx:
        session = usecases.renew(tx, caller(), claims, _signer())
    return msgspec.json.encode(SessionOut().dump(session)), 201, {"Content-Type": "application/json"}


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


def _signer() -> Signer:
    return cast(Signer, current_app.config["signer"])
