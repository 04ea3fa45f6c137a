"""The console's texts in other languages: a catalogue a language, read once, and which of them a reader gets.

English is what stands in the pages. ``texts/messages.pot`` holds every text there is; ``texts/<language>/messages.po``
beside it is all that a further language needs.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

TEXTS = Path(__file__).parents[1] / "texts"
SCRIPTS = Path(__file__).parents[1] / "pages" / "js"
ENGLISH = "en"


@cache
def languages() -> tuple[str, ...]:
    """Those that have a catalogue, and English."""
    return (ENGLISH, *sorted(one.parent.name for one in TEXTS.glob("*/messages.po")))


@cache
def _catalogue(language: str) -> Catalog | None:
    if language == ENGLISH or language not in languages():
        return None
    with (TEXTS / language / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def chosen(wanted: Iterable[str], at_home: str) -> str:
    """The first that the reader wants and we have; else the branch's, else English."""
    for one in (*wanted, at_home):
        language = one.replace("_", "-").partition("-")[0].lower()
        if language in languages():
            return language
    return ENGLISH


def one(text: str, language: str, variables: Mapping[str, Any]) -> str | Markup:
    """The text in that language. It is text: what is put into it, and it itself, are escaped by the page."""
    catalogue = _catalogue(language)
    found = catalogue.get(text) if catalogue is not None and text else None
    translated = str(found.string) if found is not None and found.string and not found.fuzzy else text
    return escape(translated) % variables if variables else translated


def many(single: str, plural: str, n: int, language: str, variables: Mapping[str, Any]) -> str | Markup:
    """The same for a number, by that language's own rule of which form it takes."""
    catalogue = _catalogue(language)
    found = catalogue.get(single) if catalogue is not None else None
    translated = single if n == 1 else plural
    if catalogue is not None and found is not None and isinstance(found.string, tuple) and not found.fuzzy:
        form = _form(catalogue.plural_expr, n)
        translated = (found.string[form] if form < len(found.string) else "") or translated
    return escape(translated) % {"num": n, **variables}


@cache
def of_scripts(language: str) -> Mapping[str, str]:
    """What the pages' scripts say, where that is not English: a page brings it along for them."""
    if _catalogue(language) is None:
        return {}
    said = {text: str(one(text, language, {})) for text in _said_by_scripts()}
    return {text: told for text, told in said.items() if told != text}


def _said_by_scripts() -> Iterator[str]:
    from babel.messages.extract import extract

    for script in sorted(SCRIPTS.glob("*.js")):
        with script.open("rb") as file:
            yield from (str(text) for _, text, _, _ in extract("javascript", file, {"_": None}))


@cache
def _rule(expression: str) -> Any:
    from gettext import c2py

    return c2py(expression)


def _form(expression: str, n: int) -> int:
    return int(_rule(expression)(n))
