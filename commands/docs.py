"""For developers: write the documents that come out of the code (docs/events.md, states.md, permissions.md, texts)."""

import sys
from pathlib import Path

import click

from commands import ROOT


def documents() -> dict[str, str]:
    """Path below the root → what it should say today. A test compares."""
    import services
    from commands.distributed.described import environment_markdown
    from embedded import described, texts
    from libs.common.contracts import catalogue

    subscribers = {one.name: one.subscriptions.facts for one in services.every()}
    return {
        "docs/events.md": catalogue.events_markdown(subscribers),
        "docs/states.md": described.states(services.NAMES),
        "docs/permissions.md": described.permissions(),
        "docs/routes.md": described.routes(services.every()),
        "docs/environment.md": environment_markdown(),
        **texts.catalogues(),
    }


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when one is stale.")
def command(*, check: bool) -> None:
    """Write the generated documents, or say which are stale."""
    stale = [path for path, text in documents().items() if _now(ROOT / path) != text]
    if check:
        for path in stale:
            click.echo(f"{path} is stale: run ./plumbline docs", err=True)
        sys.exit(bool(stale))
    for path in stale:
        (ROOT / path).write_text(documents()[path])
        click.echo(f"wrote {path}")


def _now(path: Path) -> str:
    return path.read_text() if path.exists() else ""
