"""gunicorn, told what to do by us instead of by a command line."""

from collections.abc import Callable, Mapping
from typing import Any

from gunicorn import glogging
from gunicorn.app.base import BaseApplication


def serve(load: Callable[[], Any], settings: Mapping[str, Any]) -> None:
    """Serves the WSGI app that ``load`` makes, in each worker process after its fork, until SIGTERM."""

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            fixed = {"preload_app": False, "control_socket_disable": True, "loglevel": "warning", "logger_class": Lines}
            for name, value in {**fixed, **settings}.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return load()

    Server().run()


class Lines(glogging.Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own words in the form of ours."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers[:] = []
        self.error_log.propagate = True
