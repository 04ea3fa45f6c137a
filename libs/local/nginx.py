"""A private nginx on loopback, in front of what runs on this machine."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from libs.local import NotReady
from libs.local.debian import Tree, tree_of
from libs.local.folder import owned
from libs.local.ports import free_port
from libs.local.process import Process, Program

# The parts around the configuration that differ from machine to machine: all that nginx writes stays in its folder.
MAIN = """\
daemon off;
pid "{home}/nginx.pid";
error_log stderr warn;
worker_processes 1;
{user}
events {{ worker_connections 1024; }}
http {{
    {types}
    default_type application/octet-stream;
    access_log "{home}/access.log";
    client_body_temp_path "{home}/tmp-body";
    proxy_temp_path "{home}/tmp-proxy";
    fastcgi_temp_path "{home}/tmp-fastcgi";
    uwsgi_temp_path "{home}/tmp-uwsgi";
    scgi_temp_path "{home}/tmp-scgi";
    include "{home}/site.conf";
}}
"""


class Gateway:
    """A running nginx; ``url`` is where it answers."""

    def __init__(self, process: Process, port: int) -> None:
        self._process, self.port, self.url = process, port, f"http://127.0.0.1:{port}"

    @property
    def pid(self) -> int:
        return self._process.pid


@contextlib.contextmanager
def running(
    config: Path | str,
    directory: Path,
    *,
    variables: Mapping[str, str] | None = None,
    port: int | None = None,
    tree: Tree | None = None,
) -> Iterator[Gateway]:
    """nginx with this configuration, until the end of the `with`. See ``program``; NotReady also where the folder is
    in use."""
    port = port or free_port()
    with owned(directory) as home:
        process = program(config, home, variables=variables, port=port, tree=tree).start()
        try:
            _wait(process, port)
            yield Gateway(process, port)
        finally:
            process.stop(seconds=10)


def program(
    config: Path | str,
    home: Path,
    *,
    port: int,
    variables: Mapping[str, str] | None = None,
    tree: Tree | None = None,
) -> Program:
    """nginx with this configuration (a file, or its text) of its http block.

    As in nginx's container image, ``${NAME}`` in the text becomes the variable's value; besides those given there are
    GATEWAY_PORT, GATEWAY_LISTEN (``127.0.0.1:port``), GATEWAY_LOG, and GATEWAY_RESOLVER, who is never asked: here, all
    have addresses. Other names stay as they are, they are nginx's own. NotReady where there is none to run, and where
    nginx refuses the configuration (it says why).
    """
    known = {"GATEWAY_PORT": str(port), "GATEWAY_LISTEN": f"127.0.0.1:{port}", "GATEWAY_LOG": f"{home}/access.log"}
    known |= {"GATEWAY_RESOLVER": "127.0.0.1"} | dict(variables or {})
    text = config.read_text() if isinstance(config, Path) else config
    tree = tree or tree_of("nginx")
    (home / "site.conf").write_text(re.sub(r"\$\{(\w+)\}", lambda found: known.get(found[1], found[0]), text))
    (home / "nginx.conf").write_text(_main(home, tree))
    command = [str(tree.program("nginx")), "-p", str(home), "-c", str(home / "nginx.conf"), "-e", "stderr"]
    checked = subprocess.run([*command, "-t"], check=False, capture_output=True, text=True, env=tree.environment())
    if checked.returncode != 0:
        raise NotReady(f"nginx refuses the gateway's configuration:\n{checked.stderr}")
    return Program(command, log=home / "nginx.log", env=tree.environment(), cwd=home, stop_signal=signal.SIGQUIT)


def _main(home: Path, tree: Tree) -> str:
    types = tree.root / "etc/nginx/mime.types"
    return MAIN.format(
        home=home,
        types=f'include "{types}";' if types.exists() else "",
        # As root its workers would become another user, who may not get into the folder.
        user="user root root;" if os.geteuid() == 0 else "",
    )


def _wait(process: Process, port: int, *, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if not process.alive or time.monotonic() > deadline:
                raise NotReady(f"nginx does not listen on {port}:\n{process.log_tail()}") from None
            time.sleep(0.02)
        else:
            return
