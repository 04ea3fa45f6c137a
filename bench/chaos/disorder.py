"""Makes a good bus a bad one: facts overtake each other, and come again. It does so at the outbox, with plain SQL.

One fact in thirty is kept back as it is written, under a time at which nothing was ever sent, and let go a moment
later: those behind it arrive first and are held. And what was sent lately is sent once more (``relay.refill``).
"""

import random
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import sqlalchemy as sa

from libs.common.errors import DomainError
from libs.common.relay import refill
from libs.common.store import Store
from libs.local.database import DatabaseServer

LATELY = timedelta(seconds=20)
#: a book of what was held, written by the database itself, so that nothing is missed between two looks
INSTALL = """
CREATE SCHEMA chaos;
CREATE TABLE chaos.held (event_id uuid, reason text);
CREATE FUNCTION chaos.keep_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
  $$ BEGIN IF random() < 0.033 THEN NEW.published_at := 'epoch'; END IF; RETURN NEW; END $$;
CREATE FUNCTION chaos.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
  $$ BEGIN INSERT INTO chaos.held VALUES (NEW.event_id, NEW.reason); RETURN NEW; END $$;
CREATE TRIGGER chaos BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION chaos.keep_back();
CREATE TRIGGER chaos AFTER INSERT OR UPDATE ON held FOR EACH ROW EXECUTE FUNCTION chaos.note();
"""
END = "DROP TRIGGER IF EXISTS chaos ON outbox"
LET_GO = """
UPDATE outbox SET published_at = NULL
WHERE published_at = 'epoch' AND (%(all)s OR id > (SELECT max(id) - 2000 FROM outbox) AND random() < 0.5)
"""
HELD = "SELECT count(DISTINCT event_id) FROM chaos.held WHERE (reason = 'attempting') = %s"


class Disorder:
    """For these services' databases on one server; ``repeated`` counts the facts that were sent once more."""

    def __init__(self, server: DatabaseServer, stores: Mapping[str, Store]) -> None:
        self.server, self.stores, self.repeated = server, stores, 0
        self._lines: dict[str, psycopg.Connection[Any]] = {}
        for name in stores:
            self._ask(name, INSTALL)

    def let_go(self) -> None:
        for name in self.stores:
            with suppress(psycopg.Error):
                self._ask(name, LET_GO, {"all": False})

    def repeat_somebodys(self) -> bool:
        """What a service has said lately, it says again. Whether there was one that had said anything."""
        for name in random.sample(list(self.stores), len(self.stores)):
            outbox = self.stores[name].tables.outbox
            with suppress(DomainError):
                if count := refill(self.stores[name], outbox.c.created_at > sa.func.now() - LATELY):
                    self.repeated += count
                    return True
        return False

    def end(self) -> None:
        for name in self.stores:
            self._ask(name, END)
            self._ask(name, LET_GO, {"all": True})

    def held(self) -> tuple[int, int]:
        """How many facts were held for others, and how many were tried alone as somebody may have begun with them."""
        kinds = (False, True)
        others, again = (sum(int(self._ask(name, HELD, (kind,))[0]) for name in self.stores) for kind in kinds)
        return others, again

    def _ask(self, name: str, statement: str, given: object = None) -> tuple[Any, ...]:
        cursor = self._line(name).execute(statement, given)  # type: ignore[call-overload]
        return (cursor.fetchone() if cursor.description else None) or ()

    def _line(self, name: str) -> "psycopg.Connection[Any]":
        """Kept until it breaks: ten new ones a second cost the database more than all that is asked."""
        line = self._lines.get(name)
        if line is None or line.closed:
            server = self.server
            line = self._lines[name] = psycopg.connect(
                host=server.host, port=server.port, user=server.user, password=server.password, dbname=name,
                autocommit=True, connect_timeout=3,
            )  # fmt: skip
        return line

    def close(self) -> None:
        for line in self._lines.values():
            line.close()
