"""The console in another language: a catalogue beside the English one is all it needs; and a text is never markup."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import services
from embedded.testing import Bench
from services.console.adapters import texts
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

msgid "%(num)s visit today."
msgid_plural "%(num)s visits today."
msgstr[0] "%(num)s vizito."
msgstr[1] "%(num)s vizitoj."
"""


@pytest.fixture
def office(bench: Callable[..., Bench]) -> Bench:
    return bench(*services.NAMES)


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "xx").mkdir()
    (tmp_path / "xx" / "messages.po").write_text(MADE_UP)
    monkeypatch.setattr(texts, "TEXTS", tmp_path)
    caches = (texts.languages, texts._catalogue)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


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
def test_without_the_browsers_word_the_branchs_language_counts() -> None:
    assert texts.chosen(["fr-CA"], "xx_YY") == "xx"
    assert texts.chosen([], "de_DE") == "en"


@pytest.mark.usefixtures("made_up")
def test_a_number_takes_the_form_of_its_language() -> None:
    said = [texts.many("%(num)s visit today.", "%(num)s visits today.", n, "xx", {}) for n in (0, 1, 2)]
    assert said == ["0 vizito.", "1 vizito.", "2 vizitoj."]
    assert texts.many("%(num)s visit today.", "%(num)s visits today.", 2, "en", {}) == "2 visits today."


def test_what_a_service_says_is_text_on_the_page_and_no_format() -> None:
    assert texts.one("100 % of <b>it</b>", "en", {}) == "100 % of <b>it</b>"
    assert texts.one("%(who)s <b>", "en", {"who": "<i>"}) == "&lt;i&gt; &lt;b&gt;"
