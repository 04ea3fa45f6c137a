"""The environment, read once and checked at start: what is wrong is told in one line each, before anything begins."""

import difflib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn

from libs.common.deployment import Deployment, OutboxLimits
from libs.common.settings import BY_NAME, PRODUCTION, SETTINGS, Setting, Wrong

EXIT_MISCONFIGURED, EXIT_NOT_READY = 2, 3
#: the launcher's, the commands' and the tests', no service's
TOOLS = ("PLUMBLINE_TEST_", "PLUMBLINE_CACHE", "PLUMBLINE_CRASH_AT", "PLUMBLINE_PYTHON", "PLUMBLINE_TOKEN")


@dataclass(frozen=True)
class Config:
    """Values by setting, in lower case; empty where a setting is neither given nor needed."""

    env: str
    database_url: str
    database_passwords: dict[str, str]
    amqp_url: str
    management_url: str
    broker_passwords: dict[str, str]
    jwks_url: str
    signing_key: str
    smtp_url: str
    mail_from: str
    public_url: str
    gateway_url: str
    bind: str
    web_workers: int
    web_threads: int
    trusted_proxies: int
    log_level: str
    outbox_most_rows: int
    outbox_most_hours: int
    outbox_keep_days: int
    webhook_networks: tuple[Any, ...]
    news_keep_days: int

    @property
    def deployment(self) -> Deployment:
        outbox = OutboxLimits(self.outbox_most_rows, self.outbox_most_hours, self.outbox_keep_days)
        inside = tuple(self.webhook_networks)
        return Deployment(self.public_url, self.smtp_url, self.mail_from, outbox, inside, self.news_keep_days)

    def __repr__(self) -> str:
        """Without secrets: a config ends up in logs sooner or later."""
        shown = {one.name: getattr(self, one.name) for one in fields(self)}
        hidden = {name: "(hidden)" for name, value in shown.items() if value and BY_NAME[name.upper()].secret}
        return f"Config({', '.join(f'{name}={value!r}' for name, value in (shown | hidden).items())})"


class Misconfigured(Exception):
    """What is wrong with the environment, a line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def load(environ: Mapping[str, str], *roles: str) -> Config:
    """The configuration of a process in these roles (``api``, ``worker``, …). Raises Misconfigured with each fault."""
    problems = [_misspelt(name) for name in sorted(environ) if _strange(name)]
    production = environ.get("PLUMBLINE_ENV") == PRODUCTION
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        try:
            values[setting.name.lower()] = _value(setting, environ, production, set(roles))
        except Wrong as wrong:
            problems.append(f"{setting.variable} {wrong}")
    if problems:
        raise Misconfigured(problems)
    return Config(**values)


def load_or_exit(environ: Mapping[str, str], *roles: str) -> Config:
    """The configuration, or the end of the process with code 2 and a line a problem."""
    try:
        return load(environ, *roles)
    except Misconfigured as wrong:
        quit_with(*wrong.problems)


def quit_with(*problems: str, code: int = EXIT_MISCONFIGURED) -> NoReturn:
    for problem in problems:
        sys.stderr.write(f"plumbline: {problem}\n")
    sys.exit(code)


def _value(setting: Setting, environ: Mapping[str, str], production: bool, roles: set[str]) -> Any:
    text = environ.get(setting.variable, "")
    path = environ.get(f"{setting.variable}_FILE", "") if setting.secret else ""
    if text and path:
        raise Wrong(f"is given twice: {setting.variable} and {setting.variable}_FILE")
    if path:
        try:
            text = Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as wrong:
            raise Wrong(f"cannot be read from {path}: {wrong}") from wrong
        if not text:
            raise Wrong(f"is empty in {path}")
    if not text and setting.default is None and roles & setting.needed_by:
        raise Wrong(f"is missing: {setting.about} For example {setting.example}")
    text = text or setting.default or ""
    return setting.read(text, production) if text else text


def _strange(name: str) -> bool:
    if not name.startswith("PLUMBLINE_") or name.startswith(TOOLS):
        return False
    return name not in _names()


def _names() -> set[str]:
    return {one.variable for one in SETTINGS} | {f"{one.variable}_FILE" for one in SETTINGS if one.secret}


def _misspelt(name: str) -> str:
    near = difflib.get_close_matches(name, _names(), n=1)
    return f"{name} is no setting" + (f"; did you mean {near[0]}?" if near else "; see .env.example")


def example() -> str:
    """.env.example, as it is committed; a service's process is given only the settings that its roles need."""
    lines = ["# Made by `./plumbline config example`: every setting there is. Commented ones show their default.", ""]
    for setting in SETTINGS:
        lines.append(f"# {setting.about}")
        if setting.secret:
            lines.append(f"# Or a file that holds it: {setting.variable}_FILE")
        needed = ", ".join(sorted(setting.needed_by))
        if needed:
            lines.append(f"# Needed by: {needed}")
        given = setting.default if setting.default is not None else setting.example
        lines += [f"{'' if needed else '# '}{setting.variable}={given}", ""]
    return "\n".join(lines)
