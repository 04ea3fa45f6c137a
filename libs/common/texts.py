"""A service's texts in other languages: a catalogue a language, read once, and which of them a reader gets.

English is what stands in the code and in its pages. ``<folder>/messages.pot`` holds every text there is;
``<folder>/<language>/messages.po`` beside it is all that a further language needs.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ENGLISH = "en"
NAMED = re.compile(r"%\((\w+)\)s")
ENOUGH, LONGEST = 10, 500  #: letters of a sentence's own, and the longest that is looked for


@cache
def languages(folder: Path) -> tuple[str, ...]:
    """Those that have a catalogue, and English."""
    return (ENGLISH, *sorted(one.parent.name for one in folder.glob("*/messages.po")))


@cache
def _catalogue(folder: Path, language: str) -> "Catalog | None":
    if language == ENGLISH or language not in languages(folder):
        return None
    from babel.messages.pofile import read_po

    with (folder / language / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def chosen(folder: Path, wanted: Iterable[str], at_home: str) -> str:
    """The first that the reader wants and we have; else the branch's, else English."""
    for one in (*wanted, at_home):
        language = one.replace("_", "-").partition("-")[0].lower()
        if language in languages(folder):
            return language
    return ENGLISH


def of_branch(folder: Path, branch: Mapping[str, Any] | None, wanted: Iterable[str] = ()) -> str:
    """The same, by what a branch is known by here."""
    return chosen(folder, wanted, str((branch or {}).get("locale") or ""))


def speaking(folder: Path, language: str) -> Callable[..., str]:
    """``say("Holds until %(day)s", day=…)`` in that language."""

    def say(text: str | tuple[str, str], **given: Any) -> str:
        return plainly(folder, language, text, given)

    say.language = language  # type: ignore[attr-defined]  # for whoever marks what was said
    return say


def one(folder: Path, language: str, text: str, variables: Mapping[str, Any]) -> str | Markup:
    """The text in that language. It is text: what is put into it, and it itself, are escaped by the page."""
    translated = _translated(folder, language, text)
    return escape(translated) % variables if variables else translated


def many(folder: Path, language: str, text: tuple[str, str], n: int, variables: Mapping[str, Any]) -> Markup:
    """The same for a number, by that language's own rule of which form it takes."""
    return escape(_form(folder, language, *text, n)) % {"num": n, **variables}


def plainly(folder: Path, language: str, text: str | tuple[str, str], variables: Mapping[str, Any]) -> str:
    """Either for what is not yet of a page: what ``spoken.english`` does, in that language."""
    if isinstance(text, tuple):
        return _form(folder, language, *text, variables["num"]) % variables
    translated = _translated(folder, language, text)
    return translated % variables if variables else translated


def _translated(folder: Path, language: str, text: str) -> str:
    catalogue = _catalogue(folder, language)
    if catalogue is None or not text:
        return text
    found = catalogue.get(text)
    if found is not None and found.string and not found.fuzzy:
        return str(found.string)
    return _known_again(folder, language, text)


# -- what comes with names and numbers in it already, such as another service's refusal


def recognisable(text: str) -> bool:
    """Whether there are words enough between the names to know it by."""
    return len(re.sub(r"[\W\d_]", "", NAMED.sub("", text))) >= ENOUGH


@cache
def _sentences(folder: Path, language: str) -> list[tuple[re.Pattern[str], str]]:
    """How each translated sentence with names in it looks when they are filled in; the most of words first."""
    catalogue = _catalogue(folder, language)
    entries = [(one.id, one.string) for one in catalogue or () if isinstance(one.id, str) and not one.fuzzy]
    named = [(text, str(told)) for text, told in entries if told and NAMED.search(text) and recognisable(text)]
    named.sort(key=lambda pair: (-len(NAMED.sub("", pair[0])), pair))
    return [(re.compile(_shape(text), re.DOTALL), told) for text, told in named]


def _shape(text: str) -> str:
    words = [re.escape(part.replace("%%", "%")) for part in NAMED.split(text)[::2]]
    names = [f"(?P<{name}>.+?)" for name in NAMED.findall(text)]
    return "".join(part for pair in zip_longest(words, names, fillvalue="") for part in pair)


@lru_cache(maxsize=2000)
def _known_again(folder: Path, language: str, text: str) -> str:
    """A sentence that was finished elsewhere; what is put into it is translated where it is a text of ours."""
    for shape, told in _sentences(folder, language) if len(text) <= LONGEST else ():
        if found := shape.fullmatch(text):
            try:
                return told % {name: _translated(folder, language, part) for name, part in found.groupdict().items()}
            except (KeyError, ValueError, TypeError):  # a translation that names what there is not
                return text
    return text


def _form(folder: Path, language: str, single: str, plural: str, n: int) -> str:
    catalogue = _catalogue(folder, language)
    found = catalogue.get(single) if catalogue is not None else None
    if catalogue is not None and found is not None and isinstance(found.string, tuple) and not found.fuzzy:
        form = int(_rule(catalogue.plural_expr)(n))
        if form < len(found.string) and found.string[form]:
            return str(found.string[form])
    return single if n == 1 else plural


@cache
def _rule(expression: str) -> Any:
    from gettext import c2py

    return c2py(expression)
