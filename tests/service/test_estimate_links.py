"""Links to an offer: closed, and given anew."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from embedded.testing import Bench
from tests.service.estimate_world import ESTIMATES, SHARED, act, problem, sent, set_taxes


@pytest.fixture
def estimates(bench: Callable[..., Bench]) -> Bench:
    made = bench("estimates")
    set_taxes(made)
    return made


def test_a_link_is_not_closed_over_a_change_that_its_closer_has_not_seen(estimates: Bench) -> None:
    ident, token = sent(estimates)
    sales = estimates.as_("salesperson")
    before = sales.get(f"{ESTIMATES}/{ident}").headers["ETag"]
    [link] = sales.items(f"{ESTIMATES}/{ident}/links")
    act(estimates, ident, "extend", {"valid_until": "2099-12-31"})

    closing = f"links/{link['id']}/revoke"
    problem(act(estimates, ident, closing, headers={"If-Match": before}), 412)
    assert estimates.public.get(f"{SHARED}/{token}").status_code == 200
    now = sales.get(f"{ESTIMATES}/{ident}").headers["ETag"]
    assert act(estimates, ident, closing, headers={"If-Match": now}).status_code == 200


def test_a_link_can_be_closed_and_another_given(estimates: Bench) -> None:
    ident, token = sent(estimates)
    [link] = estimates.as_("salesperson").items(f"{ESTIMATES}/{ident}/links")
    for _ in range(2):
        assert act(estimates, ident, f"links/{link['id']}/revoke").status_code == 200
    problem(estimates.public.get(f"{SHARED}/{token}"), 410)
    again = act(estimates, ident, "links", {"to": ["ivy@castellan.example"]}).get_json()["share_url"]
    assert estimates.public.get(f"{SHARED}/{again.rpartition('/')[2]}").status_code == 200
    problem(act(estimates, ident, f"links/{uuid4()}/revoke"), 404)
