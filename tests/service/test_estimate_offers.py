"""An estimate with the customer: the link, the one acceptance, no, changes, the end of its time, the next version."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from embedded.testing import CAST, Bench, moment
from libs.common.contracts.estimates import (
    EstimateAccepted,
    EstimateChangesRequested,
    EstimateDeclined,
    EstimateExpired,
    EstimateExtended,
    EstimateRevised,
    EstimateRoundRecorded,
    EstimateSent,
    EstimateViewed,
    EstimateWithdrawn,
)
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
    set_taxes,
    write,
    yes,
)


@pytest.fixture
def estimates(bench: Callable[..., Bench]) -> Bench:
    made = bench("estimates")
    set_taxes(made)
    return made


def test_sending_needs_a_price_and_names_what_is_missing(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    refused = problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)
    assert [one["pointer"] for one in refused["errors"]] == ["/options/0/lines"]
    shown = {one["action"]: one for one in seen(estimates, ident, by="salesperson")["allowed"]}
    assert shown["send"]["ok"] is False
    assert shown["send"]["missing"][0]["field"] == "options/0/lines"
    problem(act(estimates, ident, "send", {"to": []}), 422)
    problem(act(estimates, ident, "send", {"to": ["a@example.com\r\nBcc: b@example.com"]}), 422)
    problem(act(estimates, ident, "send", {"to": ["a@example.com%0aBcc:b@example.com"]}), 422)


def test_what_is_sent_is_mailed_with_a_link_that_is_kept_only_as_its_hash(estimates: Bench) -> None:
    ident, token = sent(estimates)

    [mail] = mails(estimates)
    assert (mail.recipient, mail.state) == ("ivy@castellan.example", "unsent")
    assert f"http://plumbline.example/e/{token}" in mail.body
    [told] = estimates.told("estimates", EstimateSent)
    assert told.data["to"] == ["ivy@castellan.example"]
    assert (told.data["total"], told.data["valid_until"]) == ("8400.00", seen(estimates, ident)["valid_until"])
    assert token not in str([one.data for one in estimates.told("estimates")])
    [link] = estimates.as_("salesperson").items(f"{ESTIMATES}/{ident}/links")
    assert token not in str(link)
    assert len(token) >= 22


def test_looking_at_the_link_changes_nothing(estimates: Bench) -> None:
    ident, token = sent(estimates, PUMP | {"cost": "5000.00"})
    before = estimates.as_("auditor").get(f"{ESTIMATES}/{ident}").headers["ETag"]

    for method in ("GET", "HEAD"):
        for path in (f"/e/{token}", f"{SHARED}/{token}", f"{SHARED}/{token}/estimate.pdf"):
            assert estimates.public.call(method, path).status_code == 200
    page = estimates.public.get(f"/e/{token}")
    assert "$8,400.00" in page.get_data(as_text=True)
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    shared = estimates.public.get(f"{SHARED}/{token}")
    assert shared.get_json()["options"][0]["totals"]["total"] == "8400.00"
    for word in ("cost", "margin", "5000", "allowed", "salesperson"):
        assert word not in shared.get_data(as_text=True)
    assert estimates.public.get(f"{SHARED}/{token}/estimate.pdf").data.startswith(b"%PDF-")
    assert estimates.as_("auditor").get(f"{ESTIMATES}/{ident}").headers["ETag"] == before
    assert seen(estimates, ident)["options"][0]["margin"] == "0.4048"

    for _ in range(2):
        assert estimates.public.post(f"{SHARED}/{token}/viewed").get_json() == {"state": "viewed"}
        assert len(estimates.told("estimates", EstimateViewed)) == 1


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"typed_name": " "}, "/typed_name"),
        ({"typed_name": "\u200b \u2060\u3164"}, "/typed_name"),  # nobody sees anything in it
        ({"consent": False}, "/consent"),
        ({"option": str(uuid4())}, "/option"),
        ({"add_ons": [str(uuid4())]}, "/add_ons/0"),
        ({"surprise": 1}, "/surprise"),
    ],
)
def test_an_incomplete_yes_is_no_yes(estimates: Bench, wrong: dict[str, Any], at: str) -> None:
    ident, token = sent(estimates)
    refused = problem(estimates.public.post(f"{SHARED}/{token}/accept", yes(estimates, token, **wrong)), 422)
    assert [one["pointer"] for one in refused["errors"]] == [at]
    assert seen(estimates, ident)["state"] == "sent"


def test_a_link_that_never_was_is_not_found_and_guessing_is_slowed_without_hurting_others(estimates: Bench) -> None:
    _, token = sent(estimates)
    answers = [estimates.public.get(f"{SHARED}/{number:043d}").status_code for number in range(25)]
    answers += [estimates.public.post(f"{SHARED}/{number:043d}/viewed").status_code for number in range(25)]

    assert answers[0] == 404
    assert answers[-1] == 429
    assert estimates.public.get(f"{SHARED}/{token}").status_code == 200
    assert estimates.public.get("/e/nothing").status_code in (404, 429)


def test_an_address_that_is_named_twice_gets_one_letter(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    priced(estimates, ident, PUMP)
    twice = {"to": ["Ivy@Castellan.Example", "bob@castellan.example", "ivy@castellan.example"]}
    assert act(estimates, ident, "send", twice).status_code == 200
    assert sorted(one.recipient for one in mails(estimates)) == ["bob@castellan.example", "ivy@castellan.example"]


def test_null_of_what_need_not_be_said_is_as_if_it_were_not_said(estimates: Bench) -> None:
    _, token = sent(estimates, PUMP | {"task_code": None, "discount_percent": None})
    answer = estimates.public.post(f"{SHARED}/{token}/accept", yes(estimates, token, add_ons=None))
    assert answer.status_code == 200, answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("what", "said"),
    [("accept", None), ("decline", {"reason": "price"}), ("request-changes", {"text": "A smaller one, please"})],
)
def test_an_offer_whose_time_is_up_is_over_before_anybody_has_noted_it(
    estimates: Bench, what: str, said: dict[str, str] | None
) -> None:
    ident, token = sent(estimates)
    body = said or yes(estimates, token)
    estimates.settle()  # facts that nobody fetched for a month would stand in the way
    estimates.clock.forward(days=32)

    assert "ended on" in problem(estimates.public.post(f"{SHARED}/{token}/{what}", body), 409)["detail"]
    estimates.system.due()
    assert seen(estimates, ident)["state"] == "expired"


def test_fifty_acceptances_are_one(estimates: Bench) -> None:
    ident, token = sent(estimates)
    whole = yes(estimates, token)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: estimates.public.post(f"{SHARED}/{token}/accept", whole), range(50)))

    done = [one.get_json()["acceptance_id"] for one in answers if one.status_code == 200]
    assert len(done) == 1
    assert {one.get_json()["acceptance_id"] for one in answers if one.status_code == 409} == set(done)
    assert {one.status_code for one in answers} <= {200, 409, 429}
    assert len(estimates.told("estimates", EstimateAccepted)) == 1
    assert seen(estimates, ident)["state"] == "accepted"


def test_the_same_key_gets_the_same_answer(estimates: Bench) -> None:
    _, token = sent(estimates)
    whole, key = yes(estimates, token), {"Idempotency-Key": "once"}
    first = estimates.public.post(f"{SHARED}/{token}/accept", whole, headers=key)
    again = estimates.public.post(f"{SHARED}/{token}/accept", whole, headers=key)

    assert (first.status_code, again.data) == (200, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_an_acceptance_tells_all_that_the_sale_needs(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    extra = {"description": "Pad", "qty": "2", "unit_price": "60.00", "tax_code": "t20"}
    options = [
        {"name": "Good", "lines": [PUMP]},
        {"name": "Best", "lines": [PUMP | {"tax_code": "t20"}], "add_ons": [extra, extra]},
    ]
    assert write(estimates, ident, options=options, deposit={"percent": "10"}).status_code == 200
    token = send(estimates, ident)
    best = estimates.public.get(f"{SHARED}/{token}").get_json()["options"][1]
    chosen = {"option": best["id"], "add_ons": [best["add_ons"][0]["id"]]}
    answer = estimates.public.post(f"{SHARED}/{token}/accept", yes(estimates, token, **chosen))

    assert answer.status_code == 200, answer.get_data(as_text=True)
    [told] = estimates.told("estimates", EstimateAccepted)
    assert (told.data["total"], told.data["total_max"], told.data["deposit_due"]) == ("10224.00", "10224.00", "1022.40")
    assert [(one["description"], one["add_on"]) for one in told.data["lines"]] == [
        ("Heat pump, installed", False),
        ("Pad", True),
    ]
    assert (told.data["option_name"], told.data["method"], told.data["job_type"]) == ("Best", "link", "hvac")
    assert told.data["contact"]["name"] == "Ivy Castellan"
    assert told.data["site"]["postal_code"] == "37201"
    shown = seen(estimates, ident)
    assert shown["acceptance"]["totals"]["total"] == shown["total"] == "10224.00"
    assert shown["acceptance"]["snapshot_hash"] == told.data["snapshot_hash"] == shown["snapshot_hash"]


def test_staff_record_a_yes_and_a_csr_only_one_from_the_phone(estimates: Bench) -> None:
    ident, token = sent(estimates)
    body = {"option": yes(estimates, token)["option"], "method": "in_person", "typed_name": "Ivy Castellan"}
    problem(act(estimates, ident, "accept", body, by="csr"), 403)
    problem(act(estimates, ident, "accept", body | {"method": "link"}, by="office"), 422)
    answer = act(estimates, ident, "accept", body | {"method": "verbal"}, by="csr")
    assert answer.get_json()["acceptance"]["recorded_by"] == str(CAST["csr"][0])
    second = problem(act(estimates, ident, "accept", body, by="office"), 409)
    assert second["acceptance_id"] == answer.get_json()["acceptance_id"]
    for what in ("revise", "withdraw", "decline"):
        assert problem(act(estimates, ident, what, {"reason": "late"}), 409)["acceptance_id"] == second["acceptance_id"]
    asked = estimates.public.post(f"{SHARED}/{token}/request-changes", {"text": "Cheaper"})
    assert problem(asked, 409)["acceptance_id"] == second["acceptance_id"]


@pytest.mark.parametrize(
    ("now", "day"),
    [("2026-11-29 04:30", "28 November 2026"), ("2026-12-01 05:59", "30 November 2026"), ("2026-12-01 06:00", "1 Dec")],
)
def test_the_day_of_the_yes_is_that_of_the_branch(estimates: Bench, now: str, day: str) -> None:
    estimates.clock.now = moment(now)
    ident, _ = accepted(estimates)
    assert f"was accepted on {day}" in problem(act(estimates, ident, "withdraw"), 409)["detail"]


def test_a_no_needs_a_reason_and_says_whether_another_offer_is_live(estimates: Bench) -> None:
    event = converted(estimates)
    [first] = estimates.as_("salesperson").items(f"{ESTIMATES}?opportunity_id={event.subject}")
    second = estimates.as_("salesperson").post(ESTIMATES, {"opportunity_id": str(event.subject)}).get_json()
    tokens = []
    for one in (first, second):
        priced(estimates, one["id"], PUMP)
        tokens.append(send(estimates, one["id"]))

    problem(estimates.public.post(f"{SHARED}/{tokens[0]}/decline", {}), 422)
    for token in tokens:
        assert estimates.public.post(f"{SHARED}/{token}/decline", {"reason": "price"}).status_code == 200
    told = estimates.told("estimates", EstimateDeclined)
    assert [(one.data["reason"], one.data["others_live"]) for one in told] == [("price", True), ("price", False)]
    problem(estimates.public.post(f"{SHARED}/{tokens[0]}/accept", yes(estimates, tokens[0])), 409)


def test_what_was_sent_is_frozen_and_the_next_version_closes_its_link(estimates: Bench) -> None:
    ident, token = sent(estimates)
    whole = yes(estimates, token)
    problem(write(estimates, ident, PUMP), 409)
    frozen = seen(estimates, ident)["snapshot_hash"]
    revised = act(estimates, ident, "revise", {"reason": "a lower price"})

    assert (revised.get_json()["state"], revised.get_json()["revision"]) == ("draft", 2)
    assert revised.get_json()["number"].endswith("-R2")
    assert revised.get_json()["options"][0]["totals"]["total"] == "8400.00"
    problem(estimates.public.post(f"{SHARED}/{token}/accept", whole), 410)
    for path in (f"{SHARED}/{token}", f"{SHARED}/{token}/estimate.pdf", f"/e/{token}"):
        gone = estimates.public.get(path)
        assert gone.status_code == 410
        assert "8400" not in gone.get_data(as_text=True)
        assert "8,400" not in gone.get_data(as_text=True)
    assert "<bdi>Nashville</bdi>" in gone.get_data(as_text=True), "whom to ask for the current one"
    unknown = estimates.public.get("/e/never").get_data(as_text=True)
    assert "Nashville" not in unknown
    assert priced(estimates, ident, PUMP | {"unit_price": "1.00"})["total"] == "1.00"
    before, now = estimates.as_("auditor").items(f"{ESTIMATES}/{ident}/versions")
    assert (before["state"], before["snapshot_hash"], now["supersedes"]) == ("superseded", frozen, 1)
    old = estimates.as_("auditor").get(f"{ESTIMATES}/{ident}/versions/1").get_json()
    assert old["options"][0]["totals"]["total"] == "8400.00"
    assert [one.data["previous_state"] for one in estimates.told("estimates", EstimateRevised)] == ["sent"]
    problem(act(estimates, ident, "revise", {"reason": "again"}), 409)
    assert estimates.public.get(f"{SHARED}/{send(estimates, ident)}").get_json()["revision"] == 2


def test_rounds_are_recorded_in_order_and_change_no_price(estimates: Bench) -> None:
    ident, _ = sent(estimates)
    for side, kind, amount in (("customer", "counter", "-400.00"), ("us", "concession", "-200.00")):
        body = {"side": side, "kind": kind, "amount": amount, "note": "on the phone"}
        assert act(estimates, ident, "rounds", body).status_code == 201
    problem(act(estimates, ident, "rounds", {"side": "neighbour", "kind": "counter", "note": "x"}), 422)
    problem(act(estimates, ident, "rounds", {"side": "us", "kind": "counter", "note": "x", "amount": "0.005"}), 422)
    rounds = estimates.as_("auditor").items(f"{ESTIMATES}/{ident}/rounds")
    assert [(one["number"], one["side"], one["amount"]) for one in rounds] == [
        (1, "customer", "-400.00"),
        (2, "us", "-200.00"),
    ]
    assert [one.data["round"] for one in estimates.told("estimates", EstimateRoundRecorded)] == [1, 2]
    assert seen(estimates, ident)["state"] == "sent"


def test_changes_asked_for_are_kept_in_the_customers_words(estimates: Bench) -> None:
    ident, token = sent(estimates)
    problem(estimates.public.post(f"{SHARED}/{token}/request-changes", {"text": "  "}), 422)
    answer = estimates.public.post(f"{SHARED}/{token}/request-changes", {"text": "No duct, please"})
    assert answer.get_json() == {"state": "changes_requested"}
    assert seen(estimates, ident)["changes_requested"] == "No duct, please"
    estimates.public.post(f"{SHARED}/{token}/request-changes", {"text": "And in white"})
    rounds = estimates.as_("auditor").items(f"{ESTIMATES}/{ident}/rounds")
    assert [(one["number"], one["side"], one["kind"], one["note"], one["by"]) for one in rounds] == [
        (1, "customer", "note", "No duct, please", "customer"), (2, "customer", "note", "And in white", "customer"),
    ]  # fmt: skip
    assert [one.data["round"] for one in estimates.told("estimates", EstimateChangesRequested)] == [1, 2]
    assert estimates.public.post(f"{SHARED}/{token}/accept", yes(estimates, token)).status_code == 200


def test_an_offer_ends_with_its_day_and_a_decided_one_never(estimates: Bench) -> None:
    ident, token = sent(estimates)
    other, other_token = sent(estimates)
    whole = yes(estimates, token)
    assert estimates.public.post(f"{SHARED}/{other_token}/accept", yes(estimates, other_token)).status_code == 200

    estimates.settle()  # facts that nobody fetched for a month would stand in the way
    estimates.clock.forward(days=31)
    problem(estimates.public.post(f"{SHARED}/{token}/accept", whole), 409)  # the timer has not fired yet
    problem(estimates.public.get(f"{SHARED}/{token}"), 410)
    estimates.system.due()
    estimates.system.due()
    assert seen(estimates, ident)["state"] == "expired"
    assert seen(estimates, other)["state"] == "accepted"
    assert [one.subject.hex for one in estimates.told("estimates", EstimateExpired)] == [ident.replace("-", "")]
    problem(estimates.public.post(f"{SHARED}/{token}/accept", whole), 409)
    assert estimates.public.get(f"{SHARED}/{other_token}").status_code == 200
    assert act(estimates, ident, "revise", {"reason": "still wanted"}).get_json()["revision"] == 2


def test_an_extended_offer_holds_until_the_new_day(estimates: Bench) -> None:
    ident, token = sent(estimates)
    day = (estimates.clock.now + timedelta(days=60)).date().isoformat()
    problem(act(estimates, ident, "extend", {"valid_until": "2026-01-01"}), 422)
    assert act(estimates, ident, "extend", {"valid_until": day, "reason": "away"}).get_json()["valid_until"] == day
    estimates.clock.forward(days=40)
    estimates.system.due()
    assert seen(estimates, ident)["state"] == "sent"
    assert estimates.public.get(f"{SHARED}/{token}").get_json()["valid_until"] == day
    assert len(estimates.told("estimates", EstimateExtended)) == 1

    estimates.settle()
    estimates.clock.forward(days=22)
    estimates.system.due()
    assert seen(estimates, ident)["state"] == "expired"


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("option={strange}", "?option"),
        ("option={option}&add_ons={strange}", "?add_ons"),
        ("option={option}&add_ons=none", "?add_ons"),
    ],
)
def test_what_is_wrong_with_a_question_about_totals_is_said_of_the_question(
    estimates: Bench, asked: str, named: str
) -> None:
    ident, _ = sent(estimates)
    [option] = estimates.as_("salesperson").get(f"{ESTIMATES}/{ident}").get_json()["options"]
    query = asked.format(option=option["id"], strange=uuid4())
    refused = problem(estimates.as_("salesperson").get(f"{ESTIMATES}/{ident}/totals?{query}"), 422)
    assert [one["pointer"] for one in refused["errors"]] == [named]


def test_a_withdrawn_offer_is_gone_and_nobody_elses(estimates: Bench) -> None:
    (ident, token), (_, neighbours) = sent(estimates), sent(estimates)
    assert act(estimates, ident, "withdraw", {"reason": "wrong house"}).get_json()["state"] == "withdrawn"
    problem(estimates.public.get(f"{SHARED}/{token}"), 410)
    problem(estimates.public.post(f"{SHARED}/{token}/decline", {"reason": "price"}), 410)
    problem(act(estimates, ident, "withdraw"), 409)
    assert len(estimates.told("estimates", EstimateWithdrawn)) == 1
    assert estimates.public.get(f"{SHARED}/{neighbours}").status_code == 200
