"""Brings a service's database to the shape its code expects; safe to run twice and from two places at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from libs.common import columns
from libs.common.errors import Unavailable
from libs.common.locks import MIGRATING
from libs.common.orm import Database, unhurried
from libs.common.service import Service

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

TEMPLATE = Path(__file__).parent / "migrations"
VERSIONS = "schema_version"  #: the table that says how far a database is


def upgrade(service: Service, database: Database) -> None:
    """Runs the migrations that are missing. Raises Unavailable for a database newer than this code."""
    scripts = _scripts(service)
    with database.writing(), _locked(database) as connection:
        at = current(connection)
        if at is not None and at not in revisions(service):
            raise Unavailable(f"{service.name}'s database is at {at}, which this code does not know: it is newer")

        def missing(revision: object, _context: object) -> list[object]:
            return scripts._upgrade_revs("head", revision)  # type: ignore[return-value,arg-type]  # alembic's own idiom

        with EnvironmentContext(Config(), scripts, fn=missing, destination_rev="head") as environment:
            environment.configure(
                connection,
                target_metadata=service.metadata,
                version_table=VERSIONS,
                render_as_batch=database.sqlite,
                transactional_ddl=True,
            )
            environment.run_migrations()
        if not database.sqlite:
            for name in service.metadata._sequences:  # human numbers; SQLite counts them in a table
                connection.execute(sa.schema.CreateSequence(sa.Sequence(name), if_not_exists=True))


def current(connection: sa.Connection) -> str | None:
    """The revision a database is at; None for an empty one."""
    return MigrationContext.configure(connection, opts={"version_table": VERSIONS}).get_current_revision()


def head(service: Service) -> str | None:
    """The revision this code expects."""
    return _scripts(service).get_current_head()


def revisions(service: Service) -> set[str]:
    """Every revision this code knows."""
    return {revision.revision for revision in _scripts(service).walk_revisions()}


def difference(service: Service, connection: sa.Connection) -> list[object]:
    """What the migrated database and the mapped classes do not agree on; a test expects nothing."""
    from alembic.autogenerate import compare_metadata

    context = MigrationContext.configure(connection, opts={"version_table": VERSIONS, "compare_type": False})
    return list(compare_metadata(context, service.metadata))


def write(service: Service, database: Database, message: str, *, kernel: bool = False) -> Path:
    """Writes the next migration of a service from what its classes have and its database has not.

    The kernel's tables are left out: a service's first migration calls the kernel's own (``kernel_0001``).
    """
    from alembic.autogenerate import RevisionContext

    scripts = _scripts(service)
    arguments = {
        "message": message, "autogenerate": True, "sql": False, "head": "head", "splice": False,
        "branch_label": None, "version_path": None, "rev_id": f"{len(list(scripts.walk_revisions())) + 1:04d}",
        "depends_on": None,
    }  # fmt: skip
    config = Config()
    config.set_main_option("script_location", str(TEMPLATE))
    config.set_main_option("version_locations", str(service.migrations))
    revisions = RevisionContext(config, scripts, arguments)
    ours = {table.name for table in vars(service.tables).values()}

    def compare(revision: object, context: MigrationContext) -> list[object]:
        revisions.run_autogenerate(revision, context)  # type: ignore[arg-type]
        return []

    def included(_thing: object, name: str | None, kind: str, *_more: object) -> bool:
        return kernel or kind != "table" or name not in ours

    with database.engine.connect() as connection, EnvironmentContext(config, scripts, fn=compare) as environment:
        environment.configure(
            connection,
            target_metadata=service.metadata,
            version_table=VERSIONS,
            render_as_batch=True,
            include_object=included,
            render_item=_render,
        )
        environment.run_migrations()
    [script] = [script for script in revisions.generate_scripts() if script is not None]
    return Path(script.path)


def _render(kind: str, thing: Any, context: "AutogenContext") -> str | Literal[False]:
    """Our own column types by name, with the import they need."""
    own = isinstance(thing, sa.JSON) or type(thing).__module__ == columns.__name__
    if kind != "type" or not own:
        return False
    context.imports.add("from libs.common import columns")
    if isinstance(thing, sa.JSON):
        return "columns.Json"
    return (
        f"columns.Exact({thing.precision}, {thing.scale})"
        if isinstance(thing, columns.Exact)
        else "columns.UtcDateTime()"
    )


def _scripts(service: Service) -> ScriptDirectory:
    return ScriptDirectory(
        str(TEMPLATE), file_template="%(rev)s_%(slug)s", version_locations=[str(service.migrations)], timezone="UTC"
    )


@contextmanager
def _locked(database: Database) -> Iterator[sa.Connection]:
    """One at a time. It takes as long as it takes, also the one before; a table's lock is waited for briefly as ever:
    whoever comes behind who waits for it waits, too."""
    with database.engine.begin() as connection, unhurried(connection):
        if not database.sqlite:
            usual = connection.execute(sa.text("SHOW lock_timeout")).scalar_one()
            connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATING)))
            connection.execute(sa.select(sa.func.set_config("lock_timeout", usual, True)))
        yield connection
