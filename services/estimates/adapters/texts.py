"""Where the texts are that a customer reads, and in which language they read them."""

from collections.abc import Iterable
from pathlib import Path

from libs.common import people, texts
from libs.common.formatting import Say
from libs.common.tx import Tx
from services.estimates.model import Estimate

TEXTS = Path(__file__).parents[1] / "texts"


def language(tx: Tx, estimate: Estimate, wanted: Iterable[str] = ()) -> str:
    """The first that an estimate's reader wants and we have, else its branch's, else English."""
    return texts.of_branch(TEXTS, people.branch(tx, estimate.branch), wanted)


def spoken(one: str) -> Say:
    return texts.speaking(TEXTS, one)
