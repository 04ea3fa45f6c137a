"""An opportunity on paper, and by mail to whoever drives there (R36)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from embedded.testing import CAST, HOME, Bench
from libs.common.contracts.opportunities import OpportunityMailed
from libs.common.contracts.staff import Branch, BranchChanged
from services.opportunities.usecases import paper
from tests.service.console_reader import Reader
from tests.service.on_paper import mails, words
from tests.service.opportunity_stories import OPPORTUNITIES, call_at, done, opened, prospect

QUESTIONS = [
    {"key": "owner", "text": "Who owns it?", "type": "single", "required": True, "weight": 20, "choices": ["owner"]},
    {"key": "budget", "text": "How much?", "type": "money", "required": False, "weight": 10},
    {"key": "dog", "text": "Is there a dog?", "type": "bool", "required": False, "weight": 5},
    {"key": "by", "text": "Until when?", "type": "date", "required": False, "weight": 5},
    {"key": "roof", "text": "How is the roof?", "type": "text", "required": False, "weight": 5},
]
DECIDING = [
    {
        "key": "tenant", "text": "Rents it?", "type": "single", "required": True, "weight": 20,
        "choices": ["Owns it", "Only rents"], "disqualifying": ["Only rents"],
    },
    {"key": "spend", "text": "What would they spend?", "type": "money", "required": False, "weight": 10},
]  # fmt: skip
TO = {"to": ["tech@trucks.example"]}


@pytest.fixture
def desk(bench: Callable[..., Bench]) -> Bench:
    return bench("opportunities")


def asked(desk: Bench, ident: str) -> None:
    """Some questions, and answers to most of them."""
    said: dict[str, Any] = {"owner": "owner", "budget": "12500.00", "dog": True, "by": "2026-06-05"}
    ours: dict[str, Any] = {"tenant": "Only rents", "spend": "4700.00"}
    for kind, questions, told in (("profile", QUESTIONS, said), ("qualification", DECIDING, ours)):
        body = {"name": f"Before the visit: {kind}", "kind": kind, "questions": questions}
        made = desk.as_("admin").call("PUT", f"{OPPORTUNITIES}/question-sets/{kind}", json=body).get_json()
        ids = {one["key"]: one["id"] for one in made["questions"]}
        answers = {ids[key]: value for key, value in told.items()}
        done(desk, ident, "answers", {"question_set_id": made["id"], "answers": answers})


def printed(desk: Bench, ident: str, by: str = "salesperson") -> str:
    answer = desk.as_(by).get(f"{OPPORTUNITIES}/{ident}/opportunity.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    number = desk.as_(by).get(f"{OPPORTUNITIES}/{ident}").get_json()["number"]
    assert answer.headers["Content-Disposition"] == f'inline; filename="{number}.pdf"'
    return words(answer.data)


def test_whoever_drives_there_knows_whom_where_when_and_what_was_answered(desk: Bench) -> None:
    record = opened(desk, prospect=prospect(do_not_contact=True))
    ident = record["id"]
    asked(desk, ident)
    people = {"assignee_ids": [str(CAST["colleague"][0])]}
    done(desk, ident, "appointments", call_at("2027-03-12T16:00:00Z", note="Ring twice", **people))
    done(desk, ident, "appointments", call_at("2027-03-05T16:00:00Z", note="A first look", **people))
    done(desk, opened(desk)["id"], "appointments", call_at("2027-03-12T20:00:00Z", note="Somebody else's gate code"))
    gone = done(desk, ident, "appointments", call_at("2027-03-19T16:00:00Z", note="Never mind"))
    desk.as_("salesperson").post(f"{OPPORTUNITIES}/appointments/{gone['id']}/cancel", {"reason": "x"})
    shown = printed(desk, ident)
    for told in (
        record["number"], "Ada Byron", "615-555-0100", "ada@byron.example", "1 Main St, Nashville TN 37201",
        "A price for a heat pump", "they do not wish to be contacted", "Stage",
        "Fri 12 March 10:00", "Sales call", "colleague", "Ring twice",
        "Before the visit", "Who owns it?", "owner", "Is there a dog?", "yes",
        "Until when?", "5 June 2026",
    ):  # fmt: skip
        assert told in shown, told
    assert shown.index("A first look") < shown.index("Ring twice")
    for silent in ("Never mind", "How is the roof?", "gate code"):
        assert silent not in shown, "called off, or not answered, or at another customer's"


def test_what_decides_whether_they_are_one_for_us_and_what_they_would_spend_is_not_on_it(desk: Bench) -> None:
    ident = opened(desk)["id"]
    asked(desk, ident)
    shown = printed(desk, ident)
    for silent in ("How much?", "12,500", "Rents it?", "Only rents", "What would they spend?", "4,700", "isqualif"):
        assert silent not in shown, silent


def test_it_goes_to_no_address_of_the_customers(desk: Bench) -> None:
    ident = opened(desk)["id"]
    to = ["tech@trucks.example", "Ada@Byron.example"]
    answer = desk.as_("salesperson").post(f"{OPPORTUNITIES}/{ident}/mail", {"to": to})
    assert answer.status_code == 422
    [fault] = answer.get_json()["errors"]
    assert fault["pointer"] == "/to/1"
    assert fault["detail"].startswith("is the customer's, and this is for colleagues")
    assert not mails(desk, "opportunities")
    assert not desk.told("opportunities", OpportunityMailed)


def test_what_it_may_be_worth_is_not_on_it(desk: Bench) -> None:
    ident = opened(desk)["id"]
    answer = desk.as_("salesperson").edit("PATCH", f"{OPPORTUNITIES}/{ident}", {"expected_value": "98765.00"})
    assert answer.status_code == 200
    assert "98" not in printed(desk, ident).replace("Nashville", "")


def test_a_salesperson_mails_it_to_a_colleague_once_however_often_it_is_asked(desk: Bench) -> None:
    record = opened(desk)
    path, key = f"{OPPORTUNITIES}/{record['id']}/mail", {"Idempotency-Key": "once"}
    body = {"to": ["tech@trucks.example", "TECH@trucks.example"], "note": "Look at the flue, please"}
    answers = [desk.as_("salesperson").call("POST", path, json=body, headers=key) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].data == answers[1].data

    [sent] = mails(desk, "opportunities")
    assert sent["subject"] == f"Opportunity {record['number']}: {record['title']}"
    assert "Look at the flue, please" in sent["body"]
    assert sent["body"].endswith("\nsalesperson, Nashville\n")
    [(name, kind, shown)] = sent["paper"]
    assert (name, kind) == (f"{record['number']}.pdf", "application/pdf")
    assert "Ada Byron" in shown
    [told] = desk.told("opportunities", OpportunityMailed)
    assert told.data["to"] == body["to"]


@pytest.mark.parametrize(("who", "status"), [("colleague", 404), ("technician", 403), ("auditor", 403), ("csr", 200)])
def test_it_is_mailed_by_whom_it_is_with_or_who_sends_people_there(desk: Bench, who: str, status: int) -> None:
    ident = opened(desk)["id"]
    assert desk.as_(who).post(f"{OPPORTUNITIES}/{ident}/mail", TO).status_code == status
    assert len(mails(desk, "opportunities")) == (status == 200)


def test_the_paper_is_in_the_branchs_language(desk: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "de").mkdir()
    german = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Stage"\nmsgstr "Stufe"\n'
    (tmp_path / "de" / "messages.po").write_text(german)
    monkeypatch.setattr(paper, "TEXTS", tmp_path)
    there = Branch(name="Nashville", time_zone="America/Chicago", currency="USD", locale="de_DE")
    desk.tell(BranchChanged(subject=HOME, branch=there), by="staff")
    ident = opened(desk)["id"]
    assert "Stufe" in printed(desk, ident)
    paper_itself = desk.as_("salesperson").get(f"{OPPORTUNITIES}/{ident}/opportunity.pdf").data
    assert b"/Lang (de)" in paper_itself, "a screen reader speaks it so"
    assert b"/DisplayDocTitle true" in paper_itself, "the window is called by the number, not by the file"


def test_paper_and_mail_are_one_click_away_in_the_console(bench: Callable[..., Bench]) -> None:
    office = bench("opportunities", "notifications", "console")
    record = opened(office)
    office.settle()
    reader = Reader(office, "salesperson")
    page = reader.open(f"/opportunities/{record['id']}")
    path = f"/opportunities/{record['id']}/opportunity.pdf"
    assert path in page._hrefs
    answer: Any = reader.client.get(path)
    assert record["number"] in words(answer.data)
    reader.follow("Send by e-mail")
    assert "Sent." in reader.press("Send by e-mail", to="tech@trucks.example").text
    office.settle()
    happened = reader.open(f"/opportunities/{record['id']}").text.partition("Summary sent on paper")[2]
    assert "tech@trucks.example" in happened[:60]
