"""Cards by what they are called, dialled or written to: every word of the search begins one of the card's."""

from typing import Any

import sqlalchemy as sa

from libs.common.auth import Caller
from libs.common.searching import record_number
from libs.common.tx import Tx
from services.console.model import Word
from services.console.usecases.projections.words import asked as words_asked
from services.console.usecases.projections.words import words_of
from services.console.usecases.queries.asking import C, in_scope
from services.console.usecases.queries.cards import BRIEFLY, CardShown, brief, dressed

LAST = "\U0010ffff"
SHORTEST = 2
WORD: Any = Word.__table__


def search(tx: Tx, who: Caller, text: str, *, limit: int = 20) -> list[CardShown]:
    """The newest of the cards found; of a record's whole number its own alone, where there is that one.

    Words of one letter find nothing, unless others go with them.
    """
    number = [*words_of(record_number(text))][-1:]
    words = [word for word in words_asked(text) if len(word) >= SHORTEST]
    return (_found(tx, who, number, limit) if number else []) or (_found(tx, who, words, limit) if words else [])


def _found(tx: Tx, who: Caller, words: list[str], limit: int) -> list[CardShown]:
    statement = in_scope(sa.select(*BRIEFLY), who).where(*(C.id.in_(_beginning(word)) for word in words))
    rows = tx.execute(statement.order_by(C.received_at.desc(), C.id.desc()).limit(limit))
    return dressed(tx, who, brief(rows))


def _beginning(word: str) -> sa.Select[Any]:
    return sa.select(WORD.c.card_id).where(WORD.c.word >= word, WORD.c.word < word + LAST)
