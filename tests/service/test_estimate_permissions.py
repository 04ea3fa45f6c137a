"""Who sees which estimates, where somebody has several roles."""

from collections.abc import Callable

import pytest

from embedded.testing import CAST, HOME, SALES, Bench
from libs.common.contracts.staff import Person, PersonChanged
from tests.service.estimate_world import ESTIMATES, SHARED, drafted, sent, yes


@pytest.fixture
def estimates(bench: Callable[..., Bench]) -> Bench:
    return bench("estimates")


def test_who_sells_and_does_the_work_sees_their_own_and_of_others_what_was_sold(estimates: Bench) -> None:
    """Operations see all that was sold, a salesperson their own: both is not all that is haggled over."""
    roles = ("salesperson", "operations")
    both = Person(name="colleague", email="c@test.example", roles=roles, branch=HOME, team_ids=(SALES,))
    estimates.tell(PersonChanged(subject=CAST["colleague"][0], person=both), by="staff")
    mine, others = drafted(estimates, "colleague")["id"], drafted(estimates)["id"]
    sold, token = sent(estimates)
    reader = estimates.as_("colleague")
    assert {one["id"] for one in reader.items(ESTIMATES)} == {mine}

    assert estimates.public.post(f"{SHARED}/{token}/accept", yes(estimates, token)).status_code == 200

    assert {one["id"] for one in reader.items(ESTIMATES)} == {mine, sold}
    assert [reader.get(f"{ESTIMATES}/{one}").status_code for one in (mine, others, sold)] == [200, 404, 200]


def test_who_only_sells_sees_of_others_not_even_what_was_sold(estimates: Bench) -> None:
    sold, token = sent(estimates)
    assert estimates.public.post(f"{SHARED}/{token}/accept", yes(estimates, token)).status_code == 200
    for name, found in (("colleague", []), ("salesperson", [sold]), ("operations", [sold]), ("manager", [sold])):
        reader = estimates.as_(name)
        assert [one["id"] for one in reader.items(ESTIMATES)] == found, name
        assert reader.get(f"{ESTIMATES}/{sold}").status_code == (200 if found else 404), name
