"""Log lines: JSON for machines, text on a terminal. Each says which service, and which request or fact it is about."""

import logging
import sys
from typing import Any

import structlog

get = structlog.stdlib.get_logger
bind = structlog.contextvars.bind_contextvars  #: ``bind(request_id=…, correlation=…)`` for what follows in this context
unbind_all = structlog.contextvars.clear_contextvars


def configure(service: str, *, level: str = "info", json: bool | None = None) -> None:
    """Sends everything, other libraries' lines too, to standard error in one form."""
    as_json = not sys.stderr.isatty() if json is None else json
    stamps: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        _of(service),
    ]
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer(timestamp_key="ts")]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last], foreign_pre_chain=stamps
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # ten lines for each lost connection; we tell it in one
    logging.getLogger("alembic").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *stamps,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _of(service: str) -> Any:
    def add(_logger: Any, _method: str, line: dict[str, Any]) -> dict[str, Any]:
        line.setdefault("service", service)
        return line

    return add
