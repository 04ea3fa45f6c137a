"""The command line's front door: one module a command, imported only when asked for, so that `--help` stays quick."""

import ast
import errno
import sys
from importlib import import_module
from pathlib import Path

import click

from commands import version

HERE = Path(__file__).parent


def module_of(name: str) -> Path:
    return HERE / f"{name.replace('-', '_')}.py"


class Commands(click.Group):
    """Finds commands by file name: `config-check` is `config_check.py`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(path.stem.replace("_", "-") for path in HERE.glob("[a-z]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        found = import_module(f"commands.{module_of(cmd_name).stem}").command
        assert isinstance(found, click.Command), f"commands.{cmd_name}.command is not a click command"
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Reads each module's first line instead of importing it: one broken command must not take `--help` with it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, first_line(module_of(name))) for name in self.list_commands(ctx)])


def first_line(path: Path) -> str:
    try:
        return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]
    except SyntaxError as error:
        return f"(broken: {error.msg}, line {error.lineno})"


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(version(), prog_name="plumbline", message="%(prog)s %(version)s")
def main() -> None:
    """Plumbline: from the first enquiry to a booking handed to operations.

    Exit codes: 0 done, 1 failed, 2 used wrongly, 3 the machine or the system is not ready.
    """


def run() -> None:
    """What may not be read or written is said in one line, whichever command stumbles over it."""
    try:
        main(prog_name="plumbline")
    except PermissionError as denied:
        click.echo(f"plumbline: {denied.filename}: {denied.strerror}; run it as whoever owns that", err=True)
        sys.exit(1)
    except OSError as full:
        if full.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise
        click.echo(f"plumbline: {full.filename or 'what it says cannot be written'}: {full.strerror}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    run()
