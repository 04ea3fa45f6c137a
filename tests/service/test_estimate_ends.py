"""The end of an offer: its last moment, what was decided and when, and how long the customer may take a yes back."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest

from embedded.testing import HOME, Bench, moment
from libs.common.contracts.estimates import EstimateAccepted, EstimateChanged, EstimateSelected, EstimateViewed
from libs.common.contracts.staff import Branch, BranchChanged, Calendar, Holiday, Hours
from tests.service.estimate_world import (
    ESTIMATES,
    PUMP,
    SHARED,
    accepted,
    act,
    converted,
    drafted,
    mails,
    priced,
    problem,
    seen,
    send,
    sent,
    set_rules,
    yes,
)
from tests.service.on_paper import words

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


@pytest.fixture
def estimates(bench: Callable[..., Bench]) -> Bench:
    return bench("estimates")


def version(bench: Bench, ident: str) -> dict[str, Any]:
    """The latest one, as the list of them shows it."""
    return bench.as_("auditor").items(f"{ESTIMATES}/{ident}/versions")[-1]


@pytest.mark.parametrize(
    ("days", "now", "until"),
    [
        (3, "2026-11-28 02:00", "2026-12-04T06:00:00Z"),  # Friday evening there; Monday is a holiday
        (1, "2026-11-25 16:00", "2026-11-27T06:00:00Z"),  # Wednesday
        (1, "2026-11-28 16:00", "2026-12-02T06:00:00Z"),  # Saturday
        (0, "2026-11-25 16:00", None),
    ],
)
def test_a_yes_may_be_taken_back_for_as_many_business_days_of_the_branch_as_are_set(
    estimates: Bench, days: int, now: str, until: str | None
) -> None:
    week = {day: (Hours(opens=time(8), closes=time(17)),) for day in DAYS}
    calendar = Calendar(hours=week, holidays=(Holiday(day=date(2026, 11, 30)),))
    there = Branch(name="Home", time_zone="America/Chicago", currency="USD", calendar=calendar)
    estimates.tell(BranchChanged(subject=HOME, branch=there), by="staff")
    set_rules(estimates, cancel_business_days=days)
    estimates.clock.now = moment(now)

    ident, _ = accepted(estimates)

    assert seen(estimates, ident)["acceptance"]["cancel_until"] == until
    [told] = estimates.told("estimates", EstimateAccepted)
    assert told.data["cancel_until"] == until


def test_the_customer_reads_how_long_they_may_cancel_while_they_may(estimates: Bench) -> None:
    set_rules(estimates, cancel_business_days=3)
    estimates.clock.now = moment("2026-11-26 02:00")  # the evening of the 25th there
    _, token = sent(estimates)
    said = "You can cancel until the end of 28 November 2026."
    assert said not in estimates.public.get(f"/e/{token}").get_data(as_text=True)
    assert estimates.public.post(f"{SHARED}/{token}/accept", yes(estimates, token)).status_code == 200

    for day, there in ((28, True), (29, False)):
        estimates.clock.now = moment(f"2026-11-{day} 06:00")  # midnight
        assert (said in estimates.public.get(f"/e/{token}").get_data(as_text=True)) is there
        paper = words(estimates.public.get(f"{SHARED}/{token}/estimate.pdf").data)
        assert (said in paper) is there


def test_a_draft_whose_last_day_is_over_goes_out_with_a_later_one(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    priced(estimates, ident, PUMP)
    estimates.settle()  # facts that nobody fetched for a month would stand in the way
    estimates.clock.now = moment(seen(estimates, ident)["expires_at"])

    refused = problem(act(estimates, ident, "send", {"to": ["ivy@castellan.example"]}), 409)

    assert [one["pointer"] for one in refused["errors"]] == ["/valid_until"]
    later = {"valid_until": (estimates.clock() + timedelta(days=9)).date().isoformat()}
    where = f"{ESTIMATES}/{ident}"
    assert estimates.as_("salesperson").edit("PATCH", where, later).status_code == 200
    assert send(estimates, ident)


def test_an_offer_is_over_with_its_last_moment_and_not_before(estimates: Bench) -> None:
    ident, token = sent(estimates)
    other, late = sent(estimates)
    whole, ends = yes(estimates, late), moment(seen(estimates, ident)["expires_at"])

    estimates.settle()  # facts that nobody fetched for a month would stand in the way
    estimates.clock.now = ends - timedelta(microseconds=1)
    assert estimates.public.post(f"{SHARED}/{token}/accept", yes(estimates, token)).status_code == 200
    estimates.clock.now = ends
    problem(estimates.public.post(f"{SHARED}/{late}/accept", whole), 409)
    problem(estimates.public.get(f"{SHARED}/{late}"), 410)
    estimates.system.due()
    assert seen(estimates, other)["state"] == "expired"
    assert version(estimates, other)["decided_at"] == seen(estimates, other)["expires_at"]


def test_each_version_says_when_it_was_decided_and_why(estimates: Bench) -> None:
    ident, token = sent(estimates)
    no = {"reason": "price", "note": "the neighbour is cheaper"}
    assert estimates.public.post(f"{SHARED}/{token}/decline", no).status_code == 200
    assert (version(estimates, ident)["decision"], seen(estimates, ident)["decision"]) == (no, no)
    other, _ = sent(estimates)
    act(estimates, other, "withdraw", {"reason": "wrong house"})
    assert version(estimates, other)["decision"] == {"reason": "wrong house", "note": ""}
    third, _ = accepted(estimates)
    for one in (ident, other, third):
        assert moment(version(estimates, one)["decided_at"]) == estimates.clock()


def test_only_what_is_with_the_customer_is_extended(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    priced(estimates, ident, PUMP)
    before = seen(estimates, ident)["valid_until"]
    problem(act(estimates, ident, "extend", {"valid_until": "2099-12-31"}), 409)
    assert seen(estimates, ident)["valid_until"] == before


def test_an_extension_only_ever_gives_more_time(estimates: Bench) -> None:
    ident, _ = sent(estimates)
    ends = date.fromisoformat(seen(estimates, ident)["valid_until"])
    for day in (ends - timedelta(days=1), ends):
        refused = problem(act(estimates, ident, "extend", {"valid_until": day.isoformat()}), 422)
        assert [one["pointer"] for one in refused["errors"]] == ["/valid_until"]
    assert seen(estimates, ident)["valid_until"] == ends.isoformat()
    act(estimates, ident, "extend", {"valid_until": "2099-12-31"})
    act(estimates, ident, "revise", {"reason": "another pump"})
    assert seen(estimates, ident)["valid_until"] == "2099-12-31", "the next version ends no sooner"


def test_another_link_is_given_to_what_is_out_and_to_nothing_else(estimates: Bench) -> None:
    ident, to = drafted(estimates)["id"], {"to": ["bob@castellan.example"]}
    priced(estimates, ident, PUMP)
    problem(act(estimates, ident, "links", to), 409)
    sold, _ = accepted(estimates)
    assert "was accepted on" in problem(act(estimates, sold, "links", to), 409)["detail"]
    assert [one.recipient for one in mails(estimates)] == ["ivy@castellan.example"]


def test_nobody_closes_the_link_to_one_estimate_at_another(estimates: Bench) -> None:
    (ident, _), (other, token) = sent(estimates), sent(estimates)
    [link] = estimates.as_("salesperson").items(f"{ESTIMATES}/{other}/links")
    problem(act(estimates, ident, f"links/{link['id']}/revoke"), 404)
    assert estimates.public.get(f"{SHARED}/{token}").status_code == 200


def test_the_rounds_of_each_estimate_are_counted_by_themselves_with_an_amount_or_without(estimates: Bench) -> None:
    (ident, _), (other, _) = sent(estimates), sent(estimates)
    said = {"side": "customer", "kind": "note", "note": "asks for their own plumber"}
    for one in (ident, ident, ident, other):
        assert act(estimates, one, "rounds", said).status_code == 201
    act(estimates, ident, "revise", {"reason": "scope"})
    act(estimates, ident, "rounds", said | {"from_revision": 1, "to_revision": 2})
    act(estimates, ident, "rounds", said)
    rounds = estimates.as_("auditor").items(f"{ESTIMATES}/{ident}/rounds")
    assert [(one["number"], one["from_revision"], one["to_revision"], one["amount"]) for one in rounds] == [
        (1, 1, 2, None), (2, 1, 2, None), (3, 1, 2, None), (4, 1, 2, None), (5, 2, None, None),
    ]  # fmt: skip
    assert [one["number"] for one in estimates.as_("auditor").items(f"{ESTIMATES}/{other}/rounds")] == [1]


def test_the_opportunity_stands_on_what_the_customer_agreed_to_whatever_was_chosen_before(estimates: Bench) -> None:
    event = converted(estimates)
    [first] = estimates.as_("salesperson").items(f"{ESTIMATES}?opportunity_id={event.subject}")
    priced(estimates, first["id"], PUMP)
    token = send(estimates, first["id"])
    second = estimates.as_("salesperson").post(ESTIMATES, {"opportunity_id": str(event.subject)}).get_json()
    assert seen(estimates, first["id"])["selected"] is False

    assert estimates.public.post(f"{SHARED}/{token}/accept", yes(estimates, token)).status_code == 200

    assert [seen(estimates, one["id"])["selected"] for one in (first, second)] == [True, False]
    told = estimates.told("estimates", EstimateSelected)[-1]
    assert (str(told.subject), told.data["previous_estimate_id"]) == (first["id"], second["id"])


def test_whoever_reads_along_hears_that_a_note_was_put_right(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    where = f"{ESTIMATES}/{ident}"
    assert estimates.as_("salesperson").edit("PATCH", where, {"notes": "Bring a ladder"}).status_code == 200
    assert [str(one.subject) for one in estimates.told("estimates", EstimateChanged)] == [ident]


def test_the_first_look_is_told_and_none_at_what_was_decided(estimates: Bench) -> None:
    _, token = sent(estimates)
    looked = f"{SHARED}/{token}/viewed"
    estimates.public.post(looked)
    [first] = estimates.told("estimates", EstimateViewed)
    at = estimates.clock()
    estimates.clock.forward(hours=1)
    estimates.public.post(looked)
    assert estimates.public.post(f"{SHARED}/{token}/accept", yes(estimates, token)).status_code == 200
    assert estimates.public.post(looked).get_json() == {"state": "accepted"}
    assert [one.id for one in estimates.told("estimates", EstimateViewed)] == [first.id]
    assert moment(seen(estimates, str(first.subject))["viewed_at"]) == at


def test_what_needs_no_approval_is_not_submitted_nor_what_has_no_price(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    priced(estimates, ident, PUMP)
    assert "needs no approval" in problem(act(estimates, ident, "submit"), 409)["detail"]
    blank, cheap = {"name": "Better", "lines": []}, PUMP | {"discount_percent": "50"}
    body = {"options": [{"name": "Good", "lines": [cheap]}, blank]}
    where = f"{ESTIMATES}/{ident}"
    assert estimates.as_("salesperson").edit("PUT", f"{where}/draft", body, read=where).status_code == 200
    refused = problem(act(estimates, ident, "submit"), 409)
    assert [one["pointer"] for one in refused["errors"]] == ["/options/1/lines"]
