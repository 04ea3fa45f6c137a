"""The customer's page: its forms act without JavaScript, and whatever was typed is shown as it was typed."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from embedded.testing import Bench
from libs.common.contracts.estimates import EstimateAccepted, EstimateChangesRequested, EstimateDeclined
from libs.common.contracts.parts import Address, Prospect
from libs.common.formatting import full_day
from tests.service.estimate_world import ESTIMATES, PUMP, SHARED, act, drafted, priced, seen, send, sent, write, yes
from tests.service.on_paper import words

NAUGHTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "Łukasz Żółć · Σωκράτης · Владимир · 山田太郎 · محمد · 🏠👩‍👩‍👧",
    "{{ 7 * 7 }} {% raw %}",
    "\u202eevil\u2066 zero\u200bwidth",
    "<b>&amp;</font><br/><para>",
    "Z̸a̷l̶g̵o̴" * 40,
    "x" * 4000,
    "\ufdfd \U0001f9d1\u200d\U0001f680 \uffff",
]


@pytest.fixture
def estimates(bench: Callable[..., Bench]) -> Bench:
    return bench("estimates")


def submit(bench: Bench, token: str, act: str, **form: str) -> Any:
    data = {name.replace("__", "-"): value for name, value in form.items()}
    return bench.public.call("POST", f"/e/{token}/{act}", data=data, content_type="multipart/form-data")


def test_a_form_accepts_with_the_add_ons_ticked_and_shows_it(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    pad, hose = ({"description": name, "qty": "1", "unit_price": "60.00"} for name in ("Pad", "Hose"))
    assert write(estimates, ident, options=[{"name": "S", "lines": [PUMP], "add_ons": [pad, hose]}]).status_code == 200
    token = send(estimates, ident)
    page = estimates.public.get(f"/e/{token}").get_data(as_text=True)
    option = re.search(r'name="option" value="([^"]+)"', page)
    ticks = re.findall(r'name="(add_on_[^"]+)"', page)
    assert option
    assert len(ticks) == 2

    answer = submit(estimates, token, "accept", option=option[1], typed_name="Ivy", consent="on", **{ticks[1]: "on"})
    assert (answer.status_code, answer.headers["Location"], answer.data) == (303, f"/e/{token}", b"")
    after = estimates.public.get(f"/e/{token}").get_data(as_text=True)
    assert "$8,460.00" in after
    assert "Hose" in after
    assert "Pad" not in after, "what was not taken is no part of it"
    assert "<form" not in after
    assert "Holds until" in page
    assert "Holds until" not in after, "it is no offer any more"
    assert "offer.js" not in after
    assert estimates.told("estimates", EstimateAccepted)[0].data["total"] == "8460.00"

    twice = submit(estimates, token, "accept", option=option[1], typed_name="Ivy", consent="on")
    assert twice.status_code == 409
    assert "was accepted" in twice.get_data(as_text=True)
    assert len(estimates.told("estimates", EstimateAccepted)) == 1


def test_an_acceptance_in_the_evening_was_on_the_branchs_day(estimates: Bench) -> None:
    _, token = sent(estimates)
    night = estimates.clock.now = (estimates.clock() + timedelta(days=2)).replace(hour=2)  # evening in Chicago
    option = re.findall(r'name="option" value="([^"]+)"', estimates.public.get(f"/e/{token}").get_data(as_text=True))

    submit(estimates, token, "accept", option=option[0], typed_name="Ivy", consent="on")

    evening = full_day(night.date() - timedelta(days=1))
    assert f"on {evening}." in estimates.public.get(f"/e/{token}").get_data(as_text=True)


def test_what_was_accepted_says_what_it_comes_to_with_the_deposit_and_what_was_added(estimates: Bench) -> None:
    extra = {"description": "Pad", "qty": "1", "unit_price": "60.00"}
    ident = drafted(estimates)["id"]
    options = [{"name": "S", "lines": [PUMP], "add_ons": [extra]}]
    assert write(estimates, ident, options=options, deposit={"percent": "10"}).status_code == 200
    token = send(estimates, ident)
    [option] = estimates.public.get(f"{SHARED}/{token}").get_json()["options"]
    body = yes(estimates, token, add_ons=[option["add_ons"][0]["id"]])
    assert estimates.public.post(f"{SHARED}/{token}/accept", body).status_code == 200
    after = estimates.public.get(f"/e/{token}").get_data(as_text=True)
    said = re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", after)
    assert ("Deposit", "$846.00") in said
    assert ("Balance", "$7,614.00") in said


def test_what_was_accepted_is_confirmed_by_the_number_and_version_that_people_say(estimates: Bench) -> None:
    ident, _ = sent(estimates)
    assert act(estimates, ident, "revise", {"reason": "a lower price"}).status_code == 200
    token = send(estimates, ident)
    assert estimates.public.post(f"{SHARED}/{token}/accept", yes(estimates, token)).status_code == 200

    page = estimates.public.get(f"/e/{token}").get_data(as_text=True)

    number = seen(estimates, ident)["number"]
    assert number.endswith("-R2")
    assert f"Confirmation {number}<" in page


def test_a_choice_is_worked_out_by_the_service_and_decides_nothing(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    extra = {"description": "Pad", "qty": "1", "unit_price": "60.00"}
    three = [{"name": name, "lines": [PUMP], "add_ons": [extra]} for name in ("Good", "Better")]
    three.append({"name": "Plain", "lines": [PUMP]})
    assert write(estimates, ident, options=three, discount={"percent": "10"}, member=False).status_code == 200
    act(estimates, ident, "submit")
    act(estimates, ident, "approve", by="manager")
    token = send(estimates, ident)
    page = estimates.public.get(f"/e/{token}").get_data(as_text=True)
    assert "Choose one of the options." in page
    assert re.findall(r'class="[^"]* (o\d)">There is nothing to add to this one', page) == ["o2"]
    option, tick = seen(estimates, ident)["options"][1]["id"], re.findall(r'name="(add_on_[^"]+)"', page)[1]

    shown = submit(estimates, token, "choice", option=option, **{tick: "on"}).get_data(as_text=True)
    assert "<bdi>Better</bdi>, with <bdi>Pad</bdi>" in shown
    assert "7,614.00" in shown
    assert seen(estimates, ident)["state"] == "sent"


def test_of_one_option_the_customer_need_not_choose_it_and_has_what_they_tick(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    extras = [{"description": name, "qty": "1", "unit_price": price} for name, price in (("Pad", "60"), ("Hose", "7"))]
    assert write(estimates, ident, options=[{"name": "S", "lines": [PUMP], "add_ons": extras}]).status_code == 200
    token = send(estimates, ident)
    _, tick = re.findall(r'name="(add_on_[^"]+)"', estimates.public.get(f"/e/{token}").get_data(as_text=True))

    shown = submit(estimates, token, "choice", **{tick: "on"}).get_data(as_text=True)

    assert "<bdi>S</bdi>, with <bdi>Hose</bdi>" in shown
    assert "$8,407.00" in shown


@pytest.mark.parametrize("blank", [" ", "\u200b", "\u3164 \u2060"])
@pytest.mark.parametrize("missing", ["typed_name", "consent", "option"])
def test_an_incomplete_form_comes_back_with_what_is_missing(estimates: Bench, missing: str, blank: str) -> None:
    ident, token = sent(estimates)
    option = seen(estimates, ident)["options"][0]["id"]
    form = {"option": option, "typed_name": "Ivy", "consent": "on"} | {missing: blank}
    answer = submit(estimates, token, "accept", **form)

    assert answer.status_code == 422
    assert answer.content_type.startswith("text/html")
    assert 'class="wrong"' in answer.get_data(as_text=True)
    assert seen(estimates, ident)["state"] == "sent"


def test_forms_decline_and_ask_for_changes(estimates: Bench) -> None:
    _, token = sent(estimates)
    assert submit(estimates, token, "request-changes", text=" ").status_code == 422
    assert submit(estimates, token, "request-changes", text="<i>No</i> duct").status_code == 303
    page = estimates.public.get(f"/e/{token}").get_data(as_text=True)
    assert "&lt;i&gt;No&lt;/i&gt; duct" in page
    assert estimates.told("estimates", EstimateChangesRequested)[0].data["text"] == "<i>No</i> duct"
    assert submit(estimates, token, "decline").status_code == 422
    assert submit(estimates, token, "decline", reason="price", note="x").status_code == 303
    assert "You declined" in estimates.public.get(f"/e/{token}").get_data(as_text=True)
    assert estimates.told("estimates", EstimateDeclined)[0].data["reason"] == "price"
    assert submit(estimates, token, "decline", reason="price").status_code == 409


def test_a_wrong_link_gets_a_page_and_no_word_of_any_offer(estimates: Bench) -> None:
    for answer in (estimates.public.get("/e/nothing"), submit(estimates, "nothing", "decline", reason="price")):
        assert answer.status_code == 404
        assert answer.content_type.startswith("text/html")
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_style_and_script_are_our_own_and_small(estimates: Bench) -> None:
    for name, kind in (("offer.css", "text/css"), ("offer.js", "text/javascript"), ("icons.svg", "image/svg")):
        answer = estimates.public.get(f"/e/assets/{name}")
        assert answer.status_code == 200
        assert answer.content_type.startswith(kind)
        assert len(answer.data) < 8000
    assert len(estimates.public.get("/e/assets/look.css").data) < 30_000
    assert estimates.public.get("/e/assets/offer.html").status_code == 404
    _, token = sent(estimates)
    page = estimates.public.get(f"/e/{token}").get_data(as_text=True)
    assert 'name="viewport"' in page
    assert not re.search(r"<script>|style=| on[a-z]+=|https?://", page)


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_whatever_was_typed_is_kept_escaped_and_printed(estimates: Bench, text: str) -> None:
    prospect = Prospect(channel="phone", person_name=text, company=text, address=Address(line1=text, city=text))
    ident = drafted(estimates, prospect=prospect, title=text, site=None)["id"]
    priced(estimates, ident, PUMP | {"description": text}, notes=text, terms=text)
    token = send(estimates, ident)

    assert estimates.public.get(f"{SHARED}/{token}").get_json()["options"][0]["lines"][0]["description"] == text
    page = estimates.public.get(f"/e/{token}")
    assert page.status_code == 200
    assert "<script>alert" not in page.get_data(as_text=True)
    assert "<img" not in page.get_data(as_text=True)
    for path in (f"{SHARED}/{token}/estimate.pdf", f"{ESTIMATES}/{ident}/estimate.pdf"):
        assert estimates.as_("salesperson").get(path).data.startswith(b"%PDF-")


def test_a_paper_that_is_saved_is_called_by_its_number_and_says_since_when_it_stands(estimates: Bench) -> None:
    """All were estimate.pdf, of the first of January 2000."""
    ident, token = sent(estimates)
    shown = seen(estimates, ident)
    since = datetime.fromisoformat(shown["updated_at"])

    for who, path in ((estimates.public, f"{SHARED}/{token}"), (estimates.as_("salesperson"), f"{ESTIMATES}/{ident}")):
        paper = who.get(f"{path}/estimate.pdf")
        assert paper.headers["Content-Disposition"] == f'inline; filename="{shown["number"]}.pdf"'
        assert f"/CreationDate (D:{since:%Y%m%d%H%M%S}Z)".encode() in paper.data


def test_a_line_that_was_pasted_with_thousands_of_breaks_is_printed_on_a_page_or_two(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    told = "Heat pump" + "\n" * 4900 + "all of it"
    priced(estimates, ident, {"description": told, "qty": "1", "unit_price": "60.00"})
    paper = estimates.as_("salesperson").get(f"{ESTIMATES}/{ident}/estimate.pdf").data
    assert "all of it" in words(paper)
    assert paper.count(b"/Type /Page\n") <= 3
