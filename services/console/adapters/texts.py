"""Where the console's texts are, and what its pages' scripts say in another language."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from libs.common import texts

TEXTS = Path(__file__).parents[1] / "texts"
SCRIPTS = Path(__file__).parents[1] / "pages" / "js"


def of_scripts(language: str) -> Mapping[str, str]:
    """What the pages' scripts say, where that is not English: a page brings it along for them."""
    return {} if language == texts.ENGLISH else _of_scripts(TEXTS, language)


@cache
def _of_scripts(folder: Path, language: str) -> Mapping[str, str]:
    said = {text: texts.plainly(folder, language, text, {}) for text in _said_by_scripts()}
    return {text: told for text, told in said.items() if told != text}


def _said_by_scripts() -> Iterator[str]:
    from babel.messages.extract import extract

    for script in sorted(SCRIPTS.glob("*.js")):
        with script.open("rb") as file:
            yield from (str(text) for _, text, _, _ in extract("javascript", file, {"_": None}))
