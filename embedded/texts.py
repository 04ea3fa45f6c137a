"""Every English text of the console's pages and scripts, as the catalogue that a translation begins from."""

import io
from collections.abc import Iterator
from enum import StrEnum
from importlib import import_module
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po
from jinja2.ext import babel_extract

import services
from libs.common import spoken
from libs.common.auth import Role
from services.console.states import LANES
from services.console.usecases.shown.reports.table import DEFINITIONS

CONSOLE = Path(__file__).parents[1] / "services" / "console"
MARKS = {"said": None, "_": None, "ngettext": (1, 2)}
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}

Found = Iterator[tuple[int, str | tuple[str, ...]]]


def catalogue() -> str:
    """A .pot: each text once, in order, so that a change of a page changes its own texts only."""
    every = Catalog(charset="utf-8")
    for path in sorted(one for kind in ("py", "html", "js") for one in CONSOLE.rglob(f"*.{kind}")):
        for _line, text in _texts(path):
            every.add(text)
    for text in _texts_of_code():
        every.add(text)
    written = io.BytesIO()
    write_po(written, every, width=0, no_location=True, omit_header=True, sort_output=True)
    return written.getvalue().decode()


def _texts_of_code() -> Iterator[str]:
    """What pages say by looking it up: reports, and states and roles by their names."""
    for report in DEFINITIONS:
        yield from (report.title, report.text, *(one.label for one in report.columns if one.label))
    states = [import_module(f"services.{name}.states") for name in services.NAMES]
    for kind in (Role, *(kind for module in states for kind in vars(module).values())):
        if isinstance(kind, type) and issubclass(kind, StrEnum) and not kind.__name__.endswith("Action"):
            yield from (spoken.plain(one) for one in kind)
    yield from (spoken.plain(lane.partition(".")[2]) for lane in LANES)


def _texts(path: Path) -> Found:
    with path.open("rb") as file:
        if path.suffix == ".html":
            for line, function, text, _comments in babel_extract(file, list(MARKS), [], OPTIONS):
                said = tuple(one for one in (text if isinstance(text, tuple) else (text,)) if one)
                if said:
                    yield line, said[:2] if function == "ngettext" and len(said) > 1 else said[0]
        else:
            for place, found, _comments, _context in extract(
                {".py": "python", ".js": "javascript"}[path.suffix], file, MARKS
            ):
                yield place, found
