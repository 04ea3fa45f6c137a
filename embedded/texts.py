"""Every English text of the pages there are, as the catalogues that a translation begins from: one a service.

The console's has the services' refusals, too: it shows them as they come. One with a name or a number in it is finished
before the console sees it, and is known again by the words around those. What people are told is in notifications' own.
"""

import ast
import io
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po
from jinja2.ext import babel_extract

import services
from libs import common
from libs.common import formatting
from libs.common.auth import Role
from libs.common.errors import DomainError, Gone, NotFound, TooMany
from libs.common.schema.strict import Schema
from libs.common.schema.value import WORDS
from libs.common.texts import recognisable
from services.console.states import LANES
from services.console.usecases.queries.reports.table import DEFINITIONS
from services.notifications.usecases.catalogue import STANDS_IN
from services.notifications.usecases.catalogue import TEXTS as TOLD

SERVICES, COMMON = Path(services.__file__).parent, Path(common.__file__).parent
MARKS = {"said": None, "_": None, "ngettext": (1, 2), "counted": (1, 2)}
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
REFUSING = {"Fault": 1, "Missing": 1, "refuse_for": 1, "ValidationError": 0, "Unreadable": 0}
KINDS = ("py", "html", "js")

Texts = Iterator[str | tuple[str, ...]]


def catalogues() -> dict[str, str]:
    """Path → its .pot."""
    mine, libs = SERVICES / "estimates", COMMON / "formatting.py"
    console = [*_marked(SERVICES / "console"), *_marked(libs), *_looked_up(), *_refusals(SERVICES)]
    page = [*_marked(mine), *_marked(libs), *_refusals(mine), *(one.title for one in (NotFound, Gone, TooMany))]
    told = [*(part for parts in TOLD.values() for part in parts), STANDS_IN, *_marked(libs)]
    return {
        "services/notifications/texts/messages.pot": _written(told),
        "services/console/texts/messages.pot": _written([*console, *_refusals(COMMON), *_said_by_schemas()]),
        "services/estimates/texts/messages.pot": _written([*page, *_marked(COMMON / "pdf.py")]),
        **{f"services/{name}/texts/messages.pot": _written(_on_paper(name)) for name in ("bookings", "opportunities")},
    }


def _written(texts: list[str | tuple[str, ...]]) -> str:
    """Each text once, in order, so that a change of a page changes its own texts only."""
    every = Catalog(charset="utf-8")
    for text in texts:
        every.add(text)
    written = io.BytesIO()
    write_po(written, every, width=0, no_location=True, omit_header=True, sort_output=True)
    return written.getvalue().decode()


def _on_paper(service: str) -> list[str | tuple[str, ...]]:
    """What stands on a service's paper and in the mail that brings it."""
    every = (SERVICES / service, *(COMMON / f"{name}.py" for name in ("pdf", "pdfmail", "formatting")))
    return [*(text for place in every for text in _marked(place)), *_states(service)]


def _looked_up() -> Iterator[str]:
    """What the console's pages say by looking it up: reports, and states and roles by their names."""
    for report in DEFINITIONS:
        yield from (report.title, report.text, *(one.label for one in report.columns if one.label))
    yield from (formatting.plain(one) for one in Role)
    yield from (text for name in services.NAMES for text in _states(name))
    yield from (formatting.plain(lane.partition(".")[2]) for lane in LANES)


def _states(service: str) -> Iterator[str]:
    """A service's states and codes, by their names."""
    for kind in vars(import_module(f"services.{service}.states")).values():
        if isinstance(kind, type) and issubclass(kind, StrEnum) and not kind.__name__.endswith("Action"):
            yield from (formatting.plain(one) for one in kind)


def _marked(place: Path) -> Texts:
    """What is marked in code, pages and scripts."""
    for path in sorted([place] if place.is_file() else (one for kind in KINDS for one in place.rglob(f"*.{kind}"))):
        with path.open("rb") as file:
            if path.suffix == ".html":
                for _line, function, text, _comments in babel_extract(file, list(MARKS), [], OPTIONS):
                    said = tuple(one for one in (text if isinstance(text, tuple) else (text,)) if one)
                    if said:
                        yield said[:2] if function == "ngettext" and len(said) > 1 else said[0]
            else:
                kind = {".py": "python", ".js": "javascript"}[path.suffix]
                yield from (found for _place, found, _comments, _context in extract(kind, file, MARKS))


def _refusals(place: Path) -> Iterator[str]:
    """What stands in the way, as the code says it: whole sentences, and those with names and numbers in them."""
    where = _refusing()
    for tree in _code(place):
        for one in ast.walk(tree):
            if isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id in where:
                yield from (text for said in one.args[where[one.func.id] :][:1] for text in _sentences(said))
            elif isinstance(one, ast.ClassDef) and one.name in where:
                yield from (text for said in _told_above(one) for text in _sentences(said))


def _told_above(kind: ast.ClassDef) -> Iterator[ast.expr]:
    """What a kind of refusal gives ``super().__init__`` to say."""
    for one in ast.walk(kind):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "__init__":
            yield from one.args[:1]


def _sentences(said: ast.expr) -> Iterator[str]:
    if isinstance(said, ast.IfExp):
        yield from (*_sentences(said.body), *_sentences(said.orelse))
    elif isinstance(said, ast.Constant) and isinstance(said.value, str) and said.value:
        yield said.value
    elif isinstance(said, ast.JoinedStr) and recognisable(text := _template(said)):
        yield text


def _template(said: ast.JoinedStr) -> str:
    """``f"estimate {one.number} is {state}"`` as ``estimate %(number)s is %(state)s``."""
    parts, seen = list[str](), Counter[str]()
    for one in said.values:
        if isinstance(one, ast.FormattedValue):
            name = (
                next((getattr(at, "attr", None) or getattr(at, "id", None) for at in ast.walk(one.value)), "") or "it"
            )
            seen[name] += 1
            parts.append(f"%({name}{seen[name] if seen[name] > 1 else ''})s")
        elif isinstance(one, ast.Constant):
            parts.append(str(one.value).replace("%", "%%"))
    return "".join(parts)


@cache
def _refusing() -> dict[str, int]:
    """What is called to refuse, and in which of its arguments it says why: every DomainError, and a few more."""
    bases = {
        one.name: {base.id for base in one.bases if isinstance(base, ast.Name)}
        for place in (COMMON, SERVICES)
        for tree in _code(place)
        for one in ast.walk(tree)
        if isinstance(one, ast.ClassDef)
    }
    found, more = set[str](), {DomainError.__name__}
    while more:
        found |= more
        more = {name for name, its in bases.items() if its & more} - found
    return {**dict.fromkeys(found, 0), **REFUSING}


def _code(place: Path) -> Iterator[ast.Module]:
    return (ast.parse(path.read_text()) for path in sorted(place.rglob("*.py")))


def _said_by_schemas() -> Iterator[str]:
    yield from (str(one) for one in (*WORDS.values(), *Schema.error_messages.values()))
