"""The console in another language: a catalogue beside the English one is all it needs; and a text is never markup."""

import html
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import services
from embedded.testing import Bench
from libs.common import texts
from services.console import usecases
from services.console.adapters import texts as ours
from tests.service.console_reader import Reader

#: a language that nobody speaks, with two forms of a number
MADE_UP = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\n"

msgid "Board"
msgstr "Tafelo <1>"

msgid "Call %(who)s back"
msgstr "Revoku %(who)s"

msgid "June"
msgstr "Junio"

msgid "Tuesday"
msgstr "Mardo"

msgid "%(weekday)s %(day)s %(month)s"
msgstr "%(weekday)s, la %(day)s-a de %(month)s"

msgid "%(who)s is now in %(stage)s."
msgstr "%(who)s nun estas <en> '%(stage)s'."

msgid "%(num)s visit today."
msgid_plural "%(num)s visits today."
msgstr[0] "%(num)s vizito."
msgstr[1] "%(num)s vizitoj."

msgid "new"
msgid_plural "new"
msgstr[0] "nova"
msgstr[1] "novaj"

msgid "Enquiry taken in"
msgstr "Ricevita"

msgid "say how interested they are, or what was asked for"
msgstr "diru, kion ili volas"

msgid "is not one e-mail address"
msgstr "ne estas unu adreso"

msgid "is longer than %(max_length)s characters"
msgstr "havas pli ol %(max_length)s signojn"

msgid "It is %(state)s by now: somebody did that meanwhile, or you did in another window."
msgstr "Intertempe: %(state)s."

msgid "Invalid"
msgstr "Malvalida"

msgid "by rule: %(why)s"
msgstr "lau regulo: %(why)s"

msgid "channel %(what)s"
msgstr "kanalo %(what)s"

msgid "Nothing was changed."
msgstr "Nenio <ŝanĝiĝis>."
"""


@pytest.fixture
def office(bench: Callable[..., Bench]) -> Bench:
    return bench(*services.NAMES)


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "xx").mkdir()
    (tmp_path / "xx" / "messages.po").write_text(MADE_UP)
    monkeypatch.setattr(ours, "TEXTS", tmp_path)


@pytest.mark.usefixtures("made_up")
def test_a_page_is_in_the_language_the_browser_asks_for_as_far_as_its_catalogue_goes(office: Bench) -> None:
    office.as_("csr").post("/api/v1/leads", {"channel": "phone", "person_name": "Ann <b>"})
    office.settle()
    reader = Reader(office, "csr")
    page = reader.open("/", headers={"Accept-Language": "xx-YY, en;q=0.5"})
    assert '<html lang="xx">' in page.html
    assert "Tafelo <1>" in page.links
    assert "Revoku Ann <b>" in page.text
    assert "Leads" in page.links
    assert '<html lang="en">' in reader.open("/", headers={"Accept-Language": "en, xx;q=0.5"}).html


@pytest.mark.usefixtures("made_up")
def test_days_are_called_in_the_readers_language(office: Bench) -> None:
    office.clock.now = datetime(2026, 6, 9, 15, 0, tzinfo=UTC)
    page = Reader(office, "csr").open("/", headers={"Accept-Language": "xx"})
    assert "Mardo, la 9-a de Junio" in page.text


@pytest.mark.usefixtures("made_up")
def test_a_page_brings_along_what_its_scripts_say_in_another_language_and_nothing_for_english(office: Bench) -> None:
    reader = Reader(office, "csr")
    page = reader.open("/board", headers={"Accept-Language": "xx"})
    [brought] = re.findall("<body[^>]* data-texts='([^']*)'", page.html)
    assert json.loads(html.unescape(brought)) == {"%(who)s is now in %(stage)s.": "%(who)s nun estas <en> '%(stage)s'."}
    assert "data-texts" not in reader.open("/board", headers={"Accept-Language": "en"}).html


@pytest.mark.usefixtures("made_up")
def test_why_a_rule_gave_an_enquiry_its_type_is_said_in_the_readers_language(office: Bench) -> None:
    said = {"lead_type": "mql", "channels": ["walk_in"], "sources": ["web, ads"], "interest": ["high"]}
    rules = {"type_rules": [said, {"lead_type": "sql", "after": ["contacted"]}]}
    assert office.as_("admin").edit("PUT", "/api/v1/leads/settings", rules).status_code == 200
    body = {"channel": "walk_in", "person_name": "Ann", "source": "web, ads", "interest_level": "high"}
    lead = office.as_("csr").post("/api/v1/leads", body).get_json()["id"]
    office.settle()
    reader = Reader(office, "csr")
    page = reader.open(f"/leads/{lead}", headers={"Accept-Language": "xx"})
    assert "lau regulo: kanalo walk in, source web, ads, interest high" in page.text
    by_hand = {"lead_type": "pql", "evidence": "by rule of thumb"}
    assert office.as_("csr").post(f"/api/v1/leads/{lead}/type", by_hand).status_code == 200
    assert "by rule of thumb" in reader.open(f"/leads/{lead}", headers={"Accept-Language": "xx"}).text


def test_scripts_say_nothing_that_is_not_in_the_catalogue() -> None:
    """Whatever looks like a text for people is looked up: ``_('Saving')``."""
    for script in sorted(ours.SCRIPTS.glob("*.js")):
        loose = re.findall(
            r"""(?<!_\()['"`](?:[^'"`\n]* is [^'"`\n]*|[A-Z][a-z]+(?: [^'"`\n]*|\.))['"`]""", script.read_text()
        )
        assert not loose, f"{script.name}: {loose}"


def test_what_pages_look_up_by_its_code_is_in_the_catalogue_too() -> None:
    """A report's title and definition, a state, a role, what can be chosen: none of them stands in a page."""
    known = (ours.TEXTS / "messages.pot").read_text()
    looked_up = {text for one in usecases.REPORTS.values() for text in (one.title, one.text)}
    looked_up |= {
        "Pending approval",
        "On hold",
        "Salesperson",
        "Negotiation",
        "Whoever is free first",
        "June",
        "Saving",
    }
    assert not [text for text in looked_up if f'msgid "{text}"' not in known]


@pytest.mark.usefixtures("made_up")
def test_without_the_browsers_word_the_branchs_language_counts() -> None:
    assert texts.chosen(ours.TEXTS, ["fr-CA"], "xx_YY") == "xx"
    assert texts.chosen(ours.TEXTS, [], "de_DE") == "en"


@pytest.mark.usefixtures("made_up")
def test_a_number_takes_the_form_of_its_language() -> None:
    visits = ("%(num)s visit today.", "%(num)s visits today.")
    said = [texts.many(ours.TEXTS, "xx", visits, n, {}) for n in (0, 1, 2)]
    assert said == ["0 vizito.", "1 vizito.", "2 vizitoj."]
    assert [texts.many(ours.TEXTS, "en", visits, n, {}) for n in (1, 2)] == ["1 visit today.", "2 visits today."]


@pytest.mark.usefixtures("made_up")
def test_a_counter_takes_the_form_of_its_number_on_the_page_and_when_it_changes_there(office: Bench) -> None:
    reader = Reader(office, "csr")
    for number, name in enumerate(("Ann", "Ben"), 1):
        office.as_("csr").post("/api/v1/leads", {"channel": "phone", "person_name": name})
        office.settle()
        said = {1: "nova", 2: "novaj"}[number]
        page = reader.open("/", headers={"Accept-Language": "xx"})
        assert f"{number} {said}" in page.links
        live = reader.open("/live.json", headers={"Accept-Language": "xx"}).answer.get_json()
        assert live["counts"]["new_leads"] == [number, said]


@pytest.mark.usefixtures("made_up")
def test_what_is_in_the_way_is_said_in_the_readers_language(office: Bench) -> None:
    lead = office.as_("csr").post("/api/v1/leads", {"channel": "phone", "person_name": "Ann"}).get_json()["id"]
    office.settle()
    reader = Reader(office, "csr")
    reader.headers = {"Accept-Language": "xx"}
    page = reader.open(f"/leads/{lead}")
    assert "diru, kion ili volas" in page.text
    assert "Ricevita" in page.text

    reader.open(f"/do/lead.edit/{lead}")
    assert "ne estas unu adreso" in reader.press("Save", emails="ann at example").text
    reader.open(f"/do/lead.edit/{lead}")
    assert "Nenio <ŝanĝiĝis>." in reader.press("Save").text


def test_what_services_refuse_with_is_in_the_catalogue_with_places_for_its_names() -> None:
    known = (ours.TEXTS / "messages.pot").read_text()
    whole = ("nobody stands in for themselves", "is needed", "is not one e-mail address", "the file cannot be read")
    assert not [text for text in whole if f'msgid "{text}"' not in known]
    assert 'msgid "nothing is parked here as %(parked_id)s"' in known


def test_what_a_service_says_is_text_on_the_page_and_no_format() -> None:
    assert texts.one(ours.TEXTS, "en", "100 % of <b>it</b>", {}) == "100 % of <b>it</b>"
    assert texts.one(ours.TEXTS, "en", "%(who)s <b>", {"who": "<i>"}) == "&lt;i&gt; &lt;b&gt;"


@pytest.mark.usefixtures("made_up")
def test_a_refusal_with_names_in_it_is_known_again_by_its_words(office: Bench) -> None:
    lead = office.as_("csr").post("/api/v1/leads", {"channel": "phone", "person_name": "Ann"}).get_json()["id"]
    reader = Reader(office, "csr")
    reader.headers = {"Accept-Language": "xx"}
    reader.open(f"/do/lead.invalidate/{lead}")
    office.as_("csr").post(f"/api/v1/leads/{lead}/invalidate", {"reason": "spam"})
    assert "Intertempe: malvalida." in reader.press("Not valid", reason="spam").text  # somebody did it meanwhile
    reader.open("/new")
    page = reader.press("Save and hand over", person_name="A" * 201)
    assert "havas pli ol 200 signojn" in page.text
