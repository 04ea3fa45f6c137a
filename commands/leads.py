"""Leads from the command line: `leads import FILE` takes a CSV into a running system."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from commands import ROOT
from commands.door import BEARER, signer_of
from commands.door.asked import File, Folder, address, bearer
from commands.door.running import known, start_of

PIECE = 400  #: rows a request: small enough for a progress bar, and what a lost connection can cost


@click.group()
def command() -> None:
    """Take enquiries in."""


@command.command("import")
@click.argument("file", type=File())
@click.option("--url", callback=address, help="Of the running system; else as --data knows it.")
@click.option("--token", envvar="PLUMBLINE_TOKEN", callback=bearer, show_envvar=True, help=BEARER)
@click.option("--data", type=Folder(), default=ROOT / "var", help="Of that system.")
@click.option("--dry-run", is_flag=True, help="Only say what would be.")
@click.option("--map", "map_file", type=File(), help="JSON.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def import_(
    *, file: Path, url: str | None, token: str | None, data: Path, dry_run: bool, map_file: Path | None, as_json: bool
) -> None:
    """Take the enquiries of a CSV FILE in.

    Rows that are in already, from this file or another, are left alone: interrupted, run it again.
    """
    from demo.client import Client, Refused
    from libs.common.csvfiles import Unreadable

    url = url or known(data).url
    client = Client(url, token or _script_token(data))
    try:
        report = send(client, file, own_columns(map_file), dry_run=dry_run)
    except (Refused, Unreadable) as refusal:
        click.echo(f"plumbline: {refusal}", err=True)
        for one in getattr(refusal, "problem", {}).get("errors", []):
            click.echo(f"  {one['pointer']}: {one['detail']}", err=True)
        sys.exit(1)
    except OSError as reason:
        click.echo(f"plumbline: nobody answers at {url} ({reason}); is it running? {start_of(known(data))}", err=True)
        sys.exit(3)
    click.echo(json.dumps(report) if as_json else _told(report))
    sys.exit(1 if report["rejected"] and not (report["created"] or report["already"]) else 0)


def own_columns(file: Path | None) -> str:
    """What the file says of single columns. An empty one would pass for none at all."""
    if file is None:
        return "{}"
    try:
        said = file.read_text(encoding="utf-8")
    except ValueError:
        raise click.BadParameter(f"{file} is not text in UTF-8", param_hint="--map") from None
    if not said.strip():
        raise click.BadParameter(f'{file} is empty; it says {{"column of the file": "field"}}', param_hint="--map")
    return said


def send(client: Any, file: Path, own: str, *, dry_run: bool) -> dict[str, Any]:
    """The file in pieces of whole rows, each under the header, so that there is progress to show."""
    from libs.common.csvfiles import BadRow

    total: dict[str, Any] = {"dry_run": dry_run, "created": 0, "already": 0, "duplicates": 0, "rejected": []}
    total |= {"columns": {}, "unknown": []}
    rows, columns, count = rows_of(file)
    path = "/api/v1/leads/import" + ("?dry_run=true" if dry_run else "")
    with click.progressbar(length=count, label="Taking in", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        for start in range(0, max(count, 1), PIECE):
            piece = rows[start : start + PIECE]
            bad = [{"line": row.line, "errors": [row.message]} for row in piece if isinstance(row, BadRow)]
            good = [row for row in piece if not isinstance(row, BadRow)]
            total["rejected"] += bad
            if good or not count:
                content, starts = _csv(columns, good)
                _add(total, client.upload(path, content, file.name, map=own), starts)
            bar.update(len(piece))
    total["rejected"].sort(key=lambda one: one["line"])
    return total


def rows_of(file: Path) -> tuple[list[Any], tuple[str, ...], int]:
    from libs.common.csvfiles import read_csv

    with file.open("rb") as source:
        read = read_csv(source)
        rows = list(read)
    return rows, read.columns, len(rows)


def _csv(columns: tuple[str, ...], rows: list[Any]) -> tuple[bytes, dict[int, int]]:
    """A piece of the file, and which line of the file each of its rows begins on, by its line in the piece."""
    import csv
    import io

    text, line, starts = io.StringIO(newline=""), 1, {}
    writer = csv.writer(text, lineterminator="\n")
    for row in (None, *rows):
        cells = columns if row is None else [row.values[column] for column in columns]
        if row is not None:
            starts[line] = row.line
        writer.writerow(cells)
        line += 1 + sum(cell.count("\n") for cell in cells)
    return text.getvalue().encode(), starts


def _add(total: dict[str, Any], answer: dict[str, Any], starts: dict[int, int]) -> None:
    """Adds a piece's report, its line numbers turned back into the file's."""
    for name in ("created", "already", "duplicates"):
        total[name] += answer[name]
    total["rejected"] += [{**one, "line": starts.get(one["line"], one["line"])} for one in answer["rejected"]]
    total["columns"], total["unknown"] = answer["columns"], answer["unknown"]


def _told(report: dict[str, Any]) -> str:
    would = "would be " if report["dry_run"] else ""
    said = [
        (
            f"{report['created']} {would}created, {report['already']} in already,"
            f" {report['duplicates']} of the new ones look like somebody known, {len(report['rejected'])} rejected"
        ),
        "Columns: " + ", ".join(f"{column} → {field}" for column, field in report["columns"].items()),
    ]
    if report["unknown"]:
        said.append(f"Not known, kept with the lead: {', '.join(report['unknown'])}")
    said += [f"  line {one['line']}: {'; '.join(one['errors'])}" for one in report["rejected"][:50]]
    if len(report["rejected"]) > 50:
        said.append(f"  … and {len(report['rejected']) - 50} more; --json names all")
    return "\n".join(said)


def _script_token(data: Path) -> str:
    from demo.loader import home_branch, ident

    signer = signer_of(data, "name its folder with --data, or give --token")
    return signer.issue(ident("script office"), name="Import", roles=["office"], branch=home_branch())
