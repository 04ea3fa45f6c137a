"""The customer's page in another language: what the browser asks for, else the branch's, else English."""

from collections.abc import Callable
from pathlib import Path

import pytest

from embedded.testing import HOME, Bench
from libs.common.contracts.staff import Branch, BranchChanged
from services.estimates.adapters import texts
from tests.service.estimate_world import SHARED, drafted, mails, priced, seen, send, sent

MADE_UP = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"

msgid "Accept this estimate"
msgstr "Akcepti <ĉi> tion"

msgid "Holds until %(day)s"
msgstr "Validas ĝis %(day)s"

msgid "%(day)s %(month)s %(year)s"
msgstr "la %(day)s-a de %(month)s %(year)s"

msgid "July"
msgstr "Julio"

msgid "less %(what)s"
msgstr "malpli %(what)s"

msgid "For %(who)s, at %(where)s"
msgstr "Ĉe %(where)s por %(who)s"

msgid "Please say why, in a word or two."
msgstr "Diru kial."

msgid "this offer is no longer available; please ask us for the current one"
msgstr "jam ne ekzistas"

msgid "No longer available"
msgstr "For"

msgid "Your estimate %(number)s from %(company)s"
msgstr "Via oferto %(number)s de %(company)s"

msgid "Hello %(name)s,"
msgstr "Saluton %(name)s,"

msgid "Estimate %(number)s"
msgstr "Oferto %(number)s"
"""


@pytest.fixture
def estimates(bench: Callable[..., Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    (tmp_path / "xx").mkdir()
    (tmp_path / "xx" / "messages.po").write_text(MADE_UP)
    monkeypatch.setattr(texts, "TEXTS", tmp_path)
    return bench("estimates")


def page(bench: Bench, token: str, wanted: str = "xx-YY, en;q=0.5") -> str:
    said: str = bench.public.get(f"/e/{token}", headers={"Accept-Language": wanted}).get_data(as_text=True)
    return said


def test_a_customer_reads_the_offer_in_their_browsers_language(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    line = {"description": "Pad", "qty": "1", "unit_price": "60.00", "discount_percent": "5"}
    priced(estimates, ident, line, valid_until="2027-07-04")
    shown = page(estimates, token := send(estimates, ident))
    assert '<html lang="xx">' in shown
    assert "Akcepti &lt;ĉi&gt; tion" in shown
    assert "Validas ĝis la 4-a de Julio 2027" in shown
    assert "malpli 5 %" in shown
    assert "Ĉe <bdi>12 Main St, Nashville TN 37201</bdi> por <bdi>Ivy Castellan</bdi>" in shown

    english = page(estimates, token, "en, xx;q=0.5")
    assert '<html lang="en">' in english
    assert "Holds until 4 July 2027" in english
    assert "For <bdi>Ivy Castellan</bdi>, at <bdi>12 Main St, Nashville TN 37201</bdi>" in english


def test_what_is_wrong_with_their_answer_is_said_in_it_too_and_that_an_offer_is_gone(estimates: Bench) -> None:
    ident, token = sent(estimates)
    spoken = {"Accept-Language": "xx"}
    form = {"data": {"reason": " "}, "content_type": "multipart/form-data", "headers": spoken}
    assert "Diru kial." in estimates.public.call("POST", f"/e/{token}/decline", **form).get_data(as_text=True)

    estimates.as_("salesperson").post(f"/api/v1/estimates/{ident}/withdraw", {"reason": "x"})
    over = page(estimates, token)
    assert '<html lang="xx">' in over
    assert "<h1>For</h1>" in over
    assert "Jam ne ekzistas." in over


def in_their_language(bench: Bench) -> None:
    there = Branch(name="Nashville", time_zone="America/Chicago", currency="USD", locale="xx_YY")
    bench.tell(BranchChanged(subject=HOME, branch=there), by="staff")


def test_the_letter_with_the_link_is_in_the_branchs_language_whoever_sends_it(estimates: Bench) -> None:
    in_their_language(estimates)
    ident, _ = sent(estimates)
    estimates.as_("salesperson").post(f"/api/v1/estimates/{ident}/links", {"to": ["her.son@example.com"]})

    first, second = mails(estimates)
    number = seen(estimates, ident)["number"]
    assert {first.subject, second.subject} == {f"Via oferto {number} de Nashville"}
    assert first.body.startswith("Saluton Ivy Castellan,\n\nhere is your estimate ")


def test_where_the_browser_asks_for_nothing_that_is_there_the_branchs_language_counts(estimates: Bench) -> None:
    in_their_language(estimates)
    ident, token = sent(estimates)
    assert '<html lang="xx">' in page(estimates, token, "fr")
    assert '<html lang="en">' in page(estimates, token, "en")

    number = seen(estimates, ident)["number"]
    for path in (f"{SHARED}/{token}/estimate.pdf", f"/api/v1/estimates/{ident}/estimate.pdf"):
        paper = estimates.as_("salesperson").get(path).data
        assert f"Oferto {number}".encode() in paper
