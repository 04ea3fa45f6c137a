"""python -m embedded --data DIR --port N: the serving process that `./plumbline up` starts and watches over."""

import argparse
import os
from pathlib import Path

from joserfc.errors import JoseError
from sqlalchemy.exc import DBAPIError

import services
from embedded.run import Embedded
from libs.common import config, migrate, orm
from libs.common.errors import Unavailable
from libs.common.signingkey import signing_key
from libs.common.tokens import Signer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m embedded", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--public-url", help="instead of PLUMBLINE_PUBLIC_URL; else the port on this machine")
    asked = parser.parse_args()
    told = {"PLUMBLINE_PUBLIC_URL": f"http://127.0.0.1:{asked.port}", **os.environ}
    if asked.public_url:
        told["PLUMBLINE_PUBLIC_URL"] = asked.public_url
    deployment = config.load_or_exit(told).deployment
    asked.data.mkdir(parents=True, exist_ok=True)
    signer = own_signer(asked.data / "signing-key.pem")
    bring_up_to_date(asked.data)
    Embedded(data=asked.data, port=asked.port, signer=signer, deployment=deployment).run()


def own_signer(path: Path) -> Signer:
    """The key that this system signs with, or the end of the process."""
    try:
        return Signer(signing_key(path))
    except (OSError, ValueError, JoseError) as wrong:
        config.quit_with(f"{path} cannot be used as the signing key: {wrong}")


def bring_up_to_date(directory: Path) -> None:
    """Runs the migrations before anything is served; a file that is none of ours ends the process with a plain word."""
    for service in services.every():
        path = directory / f"{service.name}.db"
        database = orm.connect(f"sqlite:///{path}")
        try:
            migrate.upgrade(service, database)
        except DBAPIError as wrong:
            config.quit_with(f"{path} cannot be used: {wrong.orig}")
        except Unavailable as newer:
            config.quit_with(newer.detail)
        finally:
            database.dispose()


if __name__ == "__main__":
    main()
