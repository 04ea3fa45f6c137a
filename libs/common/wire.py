"""A connection to PostgreSQL whose statements need not each wait for an answer: libpq's pipeline.

A transaction's BEGIN goes with its first statement, and what an act leaves to write until its end with COMMIT: two
trips less an act. psycopg's own pipeline costs more than it saves, as it serves any number of cursors.
"""

import functools
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg import generators, pq
from psycopg.adapt import PyFormat, Transformer

from libs.common.pgtimeouts import Impatient

BEGIN, COMMIT, ROLLBACK = b"BEGIN ISOLATION LEVEL READ COMMITTED", b"COMMIT", b"ROLLBACK"
KEPT = 100  #: statements that a connection knows of, as psycopg does
FAILED = pq.ExecStatus.FATAL_ERROR
UNDER_WAY = (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR)
Send = Callable[[], None]
Types = tuple[int, ...]


def _oid(name: str) -> int:
    return psycopg.postgres.types[name].oid


#: how a parameter is said, and of which type it is, of what there is much; psycopg knows the rest. 0: the statement's
#: words say it, as a text or a whole number may be of many a type
SAID: Mapping[type, tuple[int, Callable[[Any], bytes]]] = {
    str: (0, str.encode),
    int: (0, lambda value: b"%d" % value),
    bool: (_oid("bool"), lambda value: b"t" if value else b"f"),
    UUID: (_oid("uuid"), lambda value: str(value).encode()),
    Decimal: (_oid("numeric"), lambda value: str(value).encode()),
    bytes: (_oid("bytea"), lambda value: b"\\x" + value.hex().encode()),
}


class Wire(Impatient):
    """Everything is said in turn, whether by ``ask``, ``leave`` or any cursor."""

    def __init__(self, pgconn: Any) -> None:
        super().__init__(pgconn)
        self._begins = False  #: whether a transaction begins with the next statement
        self._left: list[str] = []  #: statements that nobody waits for
        self._known: OrderedDict[str, tuple[bytes, Types]] = OrderedDict()  #: by name, if any yet; said last at the end
        self._new: list[str] = []  #: those that are being prepared
        self._numbered = 0
        self._reading = Transformer(self)

    def begin(self) -> None:
        self._begins = True

    def ask(self, statement: str, given: Mapping[str, Any]) -> Any:
        """What the server answers to one statement, as libpq has it. Its parameters stand in it as ``%(name)s``."""
        saying = self._saying(statement, given)  # which may refuse what is given: then nothing was begun
        return self._exchange([*self._beginning(), *saying])[-1]

    def ask_each(self, statement: str, given: Sequence[Mapping[str, Any]]) -> list[Any]:
        """The same of one statement with each of these, and of what had to be said besides."""
        saying = [send for one in given for send in self._saying(statement, one)]
        if self._left:
            self._exchange([])
        return self._exchange([*self._beginning(), *saying])

    def rows(self, answer: Any) -> list[tuple[Any, ...]]:
        """Its rows; none where it has no result."""
        if not answer.nfields:
            return []
        self._reading.set_pgresult(answer)
        rows = self._reading.load_rows(0, answer.ntuples, tuple)
        self._reading.set_pgresult(None)  # it may be large
        return rows

    def leave(self, statement: str, given: Mapping[str, Any]) -> None:
        """Says it with what follows, or with ``commit``: that raises what is wrong with it.

        Not where it is the first of its transaction: then nobody knows yet whether the server is there at all.
        """
        if not self._left and self.pgconn.transaction_status != pq.TransactionStatus.INTRANS:
            self.ask(statement, given)
            return
        saying = self._saying(statement, given)
        self.pgconn.enter_pipeline_mode()
        self._left.append(statement)
        _send(saying)

    def commit(self) -> None:
        if self._begins:  # nothing was said
            self._begins = False
        elif self._left or self.pgconn.transaction_status in UNDER_WAY:
            answer = self._exchange([self._plainly(COMMIT)])[-1]
            if answer.command_status != COMMIT:
                raise psycopg.InternalError("the transaction had failed before: the server undid it")

    def rollback(self) -> None:
        if self._begins:
            self._begins = False
            return
        self._check_connection_ok()
        if self._left:
            try:
                self._exchange([])
            except psycopg.Error:
                self._check_connection_ok()
        if self.pgconn.transaction_status in UNDER_WAY:
            self._exchange([self._plainly(ROLLBACK)])

    def cursor(self, *args: Any, **named: Any) -> Any:
        """Whoever asks for one is about to say something."""
        if self._left or self._begins:
            self._exchange(self._beginning())
        return super().cursor(*args, **named)

    # -- what is sent

    def _beginning(self) -> Sequence[Send]:
        if not self._begins:
            return ()
        self._begins = False
        return (self._plainly(BEGIN),)

    def _plainly(self, words: bytes) -> Send:
        return functools.partial(self.pgconn.send_query_params, words, None)

    def _saying(self, statement: str, given: Mapping[str, Any]) -> list[Send]:
        """The statement: prepared where it was said before, for the one that was said the longest ago."""
        words, names = _words(statement)
        said = [self._said(given[name]) for name in names]
        values, types = [value for _, value in said], tuple(kind for kind, _ in said)
        known, sending = self._known.pop(statement, None), list[Send]()
        if known is None:
            self._known[statement] = b"", types
            if len(self._known) > KEPT and (oldest := self._known.popitem(last=False)[1][0]):
                sending.append(self._plainly(b"DEALLOCATE " + oldest))
        elif not known[0]:
            self._numbered += 1
            known = b"plumbline_%d" % self._numbered, types
            sending.append(functools.partial(self.pgconn.send_prepare, known[0], words, types))
            self._new.append(statement)
        if known is not None:
            self._known[statement] = known
        if known is None or not _alike(types, known[1]):
            return [*sending, functools.partial(self.pgconn.send_query_params, words, values, types)]
        return [*sending, functools.partial(self.pgconn.send_query_prepared, known[0], values)]

    def _said(self, value: Any) -> tuple[int, Any]:
        if value is None:
            return 0, None
        if (known := SAID.get(type(value))) is not None:
            kind, said = known[0], known[1](value)
        else:
            dumper = self._reading.get_dumper(value, PyFormat.TEXT)
            kind, said = dumper.oid, bytes(dumper.dump(value) or b"")
        if b"\0" in said:  # libpq would take it for the end
            raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
        return kind, said

    def _exchange(self, sending: Sequence[Send]) -> list[Any]:
        """Says all of it and what is left, and hears every answer. Raises the first that is an error."""
        wire = self.pgconn
        self._check_connection_ok()
        if not self._left:
            wire.enter_pipeline_mode()
        left, self._left, answers = self._left, list[str](), list[Any]()
        try:
            _send(sending)
            wire.pipeline_sync()
            self.wait(_hear(wire, answers))
            wire.exit_pipeline_mode()
        except psycopg.Error:
            wire.finish()
            self._demand_well(answers, left)  # why the server ended it is told before that it did
            raise
        except BaseException:  # who was interrupted does not know what is still to come
            wire.finish()
            raise
        self._demand_well(answers, left)
        self._new.clear()
        return answers

    def _demand_well(self, answers: Sequence[Any], left: Sequence[str]) -> None:
        for answer in answers:
            if answer.status == FAILED:
                while self._new:  # perhaps it was not prepared any more
                    self._known.pop(self._new.pop(), None)
                trouble = psycopg.errors.error_from_result(answer, self.info.encoding)
                for statement in left:
                    trouble.add_note(f"said before, with what followed: {statement}")
                raise trouble


def _send(all_of_it: Sequence[Send]) -> None:
    for send in all_of_it:
        send()


def _hear(wire: Any, answers: list[Any]) -> Any:
    """One a statement, up to the point where the server says that these were all."""
    yield from generators.send(wire)
    while True:
        some = yield from generators.fetch_many(wire)
        if some[-1].status == pq.ExecStatus.PIPELINE_SYNC:
            return
        answers += some


def _alike(types: Types, known: Types) -> bool:
    """Whether a statement prepared for those may be told values of these: a time is not to be read as a day."""
    return types == known or all(0 in pair or pair[0] == pair[1] for pair in zip(types, known, strict=True))


@functools.lru_cache(maxsize=1000)
def _words(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """The statement with its parameters numbered, and their names in that order."""
    names: list[str] = []

    def number(found: "re.Match[str]") -> str:
        if found[0] == "%%":
            return "%"
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return re.sub(r"%%|%\((\w+)\)s", number, statement).encode(), tuple(names)
