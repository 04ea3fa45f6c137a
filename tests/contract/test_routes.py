"""Every route of every service is documented, has its rule, and is refused to whoever the table does not name."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from openapi_spec_validator import validate

import services
from embedded import described
from embedded.testing import CAST, Bench
from libs.common.auth import RULES, Role

CHANGING = ("POST", "PUT", "PATCH", "DELETE")


@pytest.mark.parametrize("name", services.NAMES)
def test_a_service_describes_all_it_answers_in_a_valid_document(bench: Callable[..., Bench], name: str) -> None:
    document = bench(name).public.get(f"/api/v1/{name}/openapi.json").get_json()

    validate(document)
    told = {(verb.upper(), path) for path, verbs in document["paths"].items() for verb in verbs if verb != "parameters"}
    answered = {
        (method, path.replace("<", "{").replace(">", "}")) for method, path, _, _ in described.of(services.spec(name))
    }
    assert {path for _, path in answered} - {path for _, path in told} == set()


@pytest.mark.parametrize("name", services.NAMES)
def test_nobody_gets_in_without_signing_in_but_where_the_table_says_so(bench: Callable[..., Bench], name: str) -> None:
    one = bench(name)
    for method, path, who, _ in described.of(services.spec(name)):
        if who not in ("public", "customer link"):
            answer = one.public.call(method, _filled(path))
            assert answer.status_code == 401, f"{method} {path} answers {answer.status_code}"


@pytest.mark.parametrize("name", services.NAMES)
def test_a_role_that_the_table_does_not_name_is_refused_before_anything_is_looked_up(
    bench: Callable[..., Bench], name: str
) -> None:
    one = bench(name)
    for method, path, who, _ in described.of(services.spec(name)):
        permissions = [word.strip("`") for word in who.split(", ")]
        if not all(permission in RULES for permission in permissions):
            continue
        for person, (_, role, _, _) in CAST.items():
            if not any(Role(role) in RULES[permission] for permission in permissions):
                answer = one.as_(person).call(method, _filled(path), json={} if method in CHANGING else None)
                assert answer.status_code == 403, f"{person}: {method} {path} answers {answer.status_code}"


def _filled(path: str) -> str:
    """The path with an id, or a number, that nobody has."""
    nobodys = {"<revision>": "99"}
    parts = [nobodys.get(part, str(uuid4())) if part.startswith("<") else part for part in path.split("/")]
    return "/".join(parts)
