"""What one does with a PostgreSQL server that is there, ours or given: databases apart from each other."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo


class DatabaseServer:
    """Where it listens, its administrator, and how it is to be reached (``sslmode`` and the like)."""

    def __init__(self, *, host: str, port: int, user: str, password: str, how: Mapping[str, str] | None = None) -> None:
        self.host, self.port, self.user, self.password, self.how = host, port, user, password, how or {}

    def url(self, database: str = "postgres", *, user: str | None = None, password: str | None = None) -> str:
        """For SQLAlchemy. The administrator's, unless a user is named."""
        name, secret = (self.user, self.password) if user is None else (user, password or "")
        address = f"{quote(name, safe='')}:{quote(secret, safe='')}@{self.host}:{self.port}"
        return f"postgresql+psycopg://{address}/{quote(database, safe='')}"

    def create_database(self, name: str, owner: str, password: str) -> str:
        """A database that only its owner may connect to, and that owner; its URL. Again: a new password."""
        role, database = sql.Identifier(owner), sql.Identifier(name)
        with self.connect() as db:
            known = db.execute("select 1 from pg_roles where rolname = %s", [owner]).fetchone()
            verb = sql.SQL("alter" if known else "create")
            db.execute(sql.SQL("{} role {} login password {}").format(verb, role, sql.Literal(password)))
            if not db.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
                db.execute(sql.SQL("create database {} owner {}").format(database, role))
            db.execute(sql.SQL("revoke connect, temporary on database {} from public").format(database))
        return self.url(name, user=owner, password=password)

    def shut_to_the_public(self) -> None:
        """Everyone may connect to these by default; a service's role has no business there."""
        with self.connect() as db:
            db.execute("revoke connect, temporary on database postgres, template1 from public")

    def drop_database(self, name: str, owner: str) -> None:
        """Both, though someone may still be connected."""
        with self.connect() as db:
            db.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
            db.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(owner)))

    def connect(self) -> psycopg.Connection:
        """As the administrator, each statement for itself."""
        who = {"host": self.host, "port": str(self.port), "user": self.user, "password": self.password}
        told: dict[str, Any] = {**who, "dbname": "postgres", "connect_timeout": "5", **self.how}
        return psycopg.connect(make_conninfo(**told), autocommit=True)
