"""Who may do what, and whose word is taken for who somebody is."""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from sqlalchemy.orm import DeclarativeBase, Mapped

from libs.common.auth import ALL, RULES, TEAM, Caller, Role, Scope, reach, roles_of
from libs.common.columns import Aggregate, type_map
from libs.common.errors import Unauthenticated, Unavailable
from libs.common.scoping import in_scope, scoped
from libs.common.tokens import Signer, Verifier

ME, MATE, STRANGER, HERE, THERE = (UUID(int=number) for number in range(1, 6))

# -- the role table

ROLES = ("csr", "technician", "salesperson", "manager", "office", "operations", "admin", "auditor")
#: who may: a row an act, a column a role of ROLES
TABLE = """
lead.edit                    all  -    own  team all  -    -    -
lead.decide                  all  -    own  team all  -    -    -
lead.create                  all  own  own  team all  -    -    -
lead.read                    all  own  own  team all  -    all  all
lead.assign                  all  own  -    team all  -    all  -
lead.merge                   all  -    -    team all  -    all  -
lead.import                  all  -    -    team all  -    all  -
opportunity.read             all  -    own  team all  -    all  all
opportunity.create           all  -    own  team all  -    -    -
opportunity.appoint          all  -    own  team all  -    -    -
opportunity.work             -    -    own  team all  -    -    -
opportunity.assign           all  -    -    team all  -    all  -
estimate.draft               -    -    own  team -    -    -    -
estimate.send                -    -    own  team -    -    -    -
estimate.approve             -    -    -    team -    -    -    -
estimate.record_decision     all  -    own  team all  -    -    -
estimate.read                all  -    own  team all  all  all  all
customer.edit                -    -    -    -    all  -    -    -
customer.read                -    -    all  all  all  all  -    all
job.edit                     -    -    -    -    all  -    -    -
job.read                     -    -    all  all  all  all  -    all
booking.create               -    -    -    all  all  -    -    -
booking.prepare              -    -    -    all  all  -    -    -
booking.assign_to_operation  -    -    -    all  all  -    -    -
booking.operate              -    -    -    -    -    all  -    -
booking.schedule             -    -    -    -    all  all  -    -
booking.order                -    -    -    -    all  all  -    -
booking.read                 -    -    all  all  all  all  -    all
settings.edit                -    -    -    -    -    -    all  -
parked.admin                 -    -    -    -    -    -    all  -
webhook.admin                -    -    -    -    -    -    all  -
staff.admin                  -    -    -    -    -    -    all  -
settings.read                -    -    -    -    -    -    all  all
"""


@pytest.mark.parametrize("row", TABLE.strip().splitlines())
def test_the_role_table_is_the_one_that_was_agreed(row: str) -> None:
    permission, *cells = row.split()
    agreed = {role: Scope[cell.upper()] for role, cell in zip(ROLES, cells, strict=True) if cell != "-"}
    assert {str(role): scope for role, scope in RULES[permission].items() if role in ROLES} == agreed


@pytest.mark.parametrize("permission", [name for name in RULES if "." in name])
def test_who_may_act_may_read(permission: str) -> None:
    readers = RULES.get(f"{permission.partition('.')[0]}.read", RULES["pricebook.read"])
    for role, scope in RULES[permission].items():
        assert readers.get(role, 0) >= scope, role


def test_of_several_roles_the_widest_scope_counts() -> None:
    both = frozenset({Role.SALESPERSON, Role.MANAGER})
    assert reach(both, "lead.edit")[0] is TEAM
    assert reach(both, ("lead.edit", "booking.prepare"))[0] is ALL
    assert reach(both, "parked.admin") == (None, False)


def test_a_second_role_does_not_carry_an_act_into_every_branch() -> None:
    assert reach(frozenset({Role.ADMIN, Role.CSR}), "lead.read") == (ALL, True)
    assert reach(frozenset({Role.ADMIN, Role.CSR}), "lead.edit") == (ALL, False)


def test_a_role_that_only_a_newer_version_knows_gives_nothing() -> None:
    assert roles_of(["csr", "archduke"]) == {Role.CSR}


# -- whose records


class Base(DeclarativeBase):
    type_annotation_map = type_map


class Paper(Aggregate, Base):
    __tablename__ = "papers"
    owner_id: Mapped[UUID | None]

    @classmethod
    def owner_columns(cls) -> tuple[Any, ...]:
        return (cls.owner_id,)


class Secret(Aggregate, Base):
    __tablename__ = "secrets"
    owner_id: Mapped[UUID | None]

    @classmethod
    def parts_seen(cls) -> dict[Role, Any]:
        return {Role.OFFICE: cls.owner_id.is_not(None)}


PAPERS = {
    "mine": (ME, HERE),
    "mate's": (MATE, HERE),
    "stranger's": (STRANGER, HERE),
    "nobody's": (None, HERE),
    "of no branch": (STRANGER, None),
    "far away": (STRANGER, THERE),
    "mine, far away": (ME, THERE),
}


def caller(*roles: Role, **more: Any) -> Caller:
    known = {"branches": frozenset({HERE}), "colleagues": frozenset({ME, MATE})}
    return Caller(ME, frozenset(roles), **(known | more))


NEAR = {"mine", "mate's", "stranger's", "nobody's", "of no branch"}


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        (caller(Role.SALESPERSON), {"mine", "mine, far away"}),
        (caller(Role.MANAGER), {"mine", "mate's", "mine, far away"}),
        (caller(Role.MANAGER, colleagues=frozenset()), {"mine", "mine, far away"}),
        (caller(Role.OFFICE), NEAR),
        (caller(Role.OFFICE, branches=frozenset()), {"of no branch"}),
        (caller(Role.OFFICE, branches=frozenset(), every_branch=True), set(PAPERS)),
        (caller(Role.SALESPERSON, Role.OFFICE), NEAR),
        (caller(Role.AUDITOR), set(PAPERS)),
        (caller(Role.OPERATIONS), set()),
        (caller(), set()),
    ],
)
def test_a_caller_sees_what_the_scope_says_and_no_more(who: Caller, sees: set[str]) -> None:
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    now = {"created_at": sa.func.now(), "updated_at": sa.func.now(), "created_by": "", "updated_by": ""}
    ids = {name: uuid4() for name in PAPERS}
    with engine.begin() as connection:
        for name, (owner, branch) in PAPERS.items():
            row = {"id": ids[name], "owner_id": owner, "branch": branch, "version": 1, "agg_seq": 0, **now}
            connection.execute(sa.insert(Paper.__table__).values(**row))  # type: ignore[arg-type]
        found = set(connection.scalars(scoped(sa.select(Paper.id), Paper, who, "lead.read")))
    engine.dispose()
    assert {name for name, ident in ids.items() if ident in found} == sees
    record = {name: Paper(owner_id=owner, branch=branch) for name, (owner, branch) in PAPERS.items()}
    assert {name for name, paper in record.items() if in_scope(paper, who, "lead.read")} == sees


def test_a_record_that_names_no_owner_belongs_to_nobody() -> None:
    class Orphan:
        branch = sa.column("branch")

    statement = scoped(sa.select(sa.column("id")), Orphan, caller(Role.SALESPERSON), "lead.read")
    assert "false" in str(statement.whereclause)


def test_a_model_may_narrow_what_is_seen_further() -> None:
    narrowed = str(scoped(sa.select(Secret.id), Secret, caller(Role.OFFICE), "lead.read"))
    assert "owner_id IS NOT NULL" in narrowed
    assert "IS NOT NULL" not in str(scoped(sa.select(Secret.id), Secret, caller(Role.CSR), "lead.read"))


# -- tokens


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer.new()


@pytest.fixture
def verifier(signer: Signer) -> Verifier:
    return Verifier(signer.jwks())


def test_a_token_says_who_calls(signer: Signer, verifier: Verifier) -> None:
    team = uuid4()
    token = signer.issue(ME, name="Ada", roles=["csr"], branch=HERE, teams=[team])
    claims = verifier.verify(token)
    assert (claims.person_id, claims.name, claims.roles) == (ME, "Ada", ("csr",))
    assert (claims.branch, claims.teams) == (HERE, (team,))
    assert verifier.verify(token) == claims


def test_a_token_ends_after_a_quarter_of_an_hour_even_when_it_was_seen_before(signer: Signer) -> None:
    now = [time.time()]
    verifier = Verifier(signer.jwks(), clock=lambda: now[0])
    token = signer.issue(ME)
    assert verifier.verify(token).person_id == ME
    now[0] += 14 * 60
    assert verifier.verify(token).person_id == ME
    now[0] += 2 * 60
    with pytest.raises(Unauthenticated, match="expired"):
        verifier.verify(token)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(signer: Signer, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """What our own key would sign, but other than we do: None leaves a claim out."""
    now = int(time.time())
    good = {"iss": "plumbline", "aud": "plumbline", "sub": str(ME), "iat": now, "nbf": now, "exp": now + 60}
    said = {name: value for name, value in (good | claims).items() if value is not None}
    head = {"alg": "ES256", "kid": signer.kid, "typ": "JWT", **(header or {})}
    return jwt.encode(head, said, signer._key, algorithms=["ES256"])


def test_the_forger_of_these_tests_can_make_a_good_one(signer: Signer, verifier: Verifier) -> None:
    assert verifier.verify(signed(signer)).person_id == ME


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": None},
        {"iss": "someone-else"},
        {"aud": None},
        {"aud": "another-api"},
        {"aud": ["plumbline", "another-api"]},
        {"sub": None},
        {"sub": "admin"},
        {"exp": None},
        {"exp": "never"},
        {"exp": True},
        {"exp": 10**400},
        {"exp": float("inf")},
        {"nbf": -1},
        {"exp": 1},
        {"nbf": None},
        {"nbf": int(time.time()) + 3600},
        {"iat": int(time.time()) + 3600},
        {"branch": "everywhere"},
    ],
)
def test_claims_that_are_wrong_or_missing_are_refused(signer: Signer, verifier: Verifier, claims: Any) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(signer, **claims))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "at+jwt"},
        {"kid": "another"},
        {"kid": "../../keys/public"},
        {"jku": "https://example.com/jwks.json"},
        {"jwk": Signer.new().jwks()["keys"][0]},
        {"x5u": "https://example.com/cert.pem"},
        {"cty": "JWT"},
    ],
)
def test_a_token_that_says_more_of_its_key_than_its_id_is_refused(
    signer: Signer, verifier: Verifier, header: Any
) -> None:
    with pytest.raises(Unauthenticated):  # though the signature is right
        verifier.verify(signed(signer, header))


def test_other_algorithms_are_refused_whatever_they_are_signed_with(signer: Signer, verifier: Verifier) -> None:
    _, claims, signature = signed(signer).split(".")
    for algorithm in ("none", "None", "HS256", "ES384", "RS256"):
        head = part({"alg": algorithm, "kid": signer.kid, "typ": "JWT"})
        for end in ("", signature, "AAAA"):
            with pytest.raises(Unauthenticated):
                verifier.verify(f"{head}.{claims}.{end}")


def test_the_public_key_is_no_shared_secret(signer: Signer, verifier: Verifier) -> None:
    public = json.dumps(signer.jwks()["keys"][0])
    said = {"iss": "plumbline", "aud": "plumbline", "sub": str(ME), "exp": 2**33, "nbf": 0, "iat": 0}
    head = {"alg": "HS256", "kid": signer.kid, "typ": "JWT"}
    with pytest.raises(Unauthenticated):
        verifier.verify(jwt.encode(head, said, OctKey.import_key(public.encode()), algorithms=["HS256"]))


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "a.b.c.d", "x" * 65_536, "é.é.é", "W10.e30.AA", part([[]] * 9) + ".e30.AA"]
)
def test_what_is_no_token_is_refused(verifier: Verifier, token: str) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(token)


def test_a_good_token_with_another_signature_is_refused(signer: Signer, verifier: Verifier) -> None:
    head, claims, _ = signed(signer).split(".")
    _, _, other = signed(signer, sub=str(STRANGER)).split(".")
    with pytest.raises(Unauthenticated):
        verifier.verify(f"{head}.{claims}.{other}")


def test_another_house_s_key_with_our_key_id_is_refused(signer: Signer, verifier: Verifier) -> None:
    other = Signer.new()
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(other, {"kid": signer.kid}))


def test_a_signer_takes_no_other_kind_of_key() -> None:
    with pytest.raises(ValueError, match="P-256"):
        Signer(ECKey.generate_key("P-384").as_dict(private=True))
    with pytest.raises(ValueError, match="private"):
        Signer(ECKey.generate_key("P-256").as_dict(private=False))


def test_keys_are_fetched_when_needed_and_not_for_every_unknown_key(signer: Signer) -> None:
    asked: list[str] = []

    def fetch(url: str) -> dict[str, Any]:
        asked.append(url)
        return signer.jwks()

    verifier = Verifier(url="https://staff.example/jwks.json", fetch=fetch)
    assert asked == []
    assert verifier.verify(signer.issue(ME)).person_id == ME
    for _ in range(20):
        with pytest.raises(Unauthenticated):
            verifier.verify(signed(Signer.new()))
    assert len(asked) == 1


def test_keys_that_were_fetched_once_serve_on_while_their_publisher_is_away(signer: Signer) -> None:
    answers: list[Any] = [signer.jwks()]
    now = [0.0]

    def fetch(_url: str) -> Any:
        if not answers:
            raise OSError("away")
        return answers.pop()

    verifier = Verifier(url="https://staff.example/jwks.json", fetch=fetch, monotonic=lambda: now[0])
    assert verifier.verify(signer.issue(ME)).person_id == ME
    now[0] += 23 * 3600
    assert verifier.verify(signer.issue(MATE)).person_id == MATE
    now[0] += 2 * 3600
    with pytest.raises(Unavailable):
        verifier.verify(signer.issue(STRANGER))


def test_without_any_key_it_is_not_the_caller_s_fault(signer: Signer) -> None:
    def fetch(_url: str) -> Any:
        raise OSError("away")

    with pytest.raises(Unavailable):
        Verifier(url="https://staff.example/jwks.json", fetch=fetch).verify(signer.issue(ME))
