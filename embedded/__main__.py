"""python -m embedded --data DIR --port N: the serving process that `./plumbline up` starts and watches over."""

import argparse
import os
from pathlib import Path

from embedded.run import Embedded
from libs.common import config
from libs.common.signingkey import signing_key
from libs.common.tokens import Signer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m embedded", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--public-url", help="instead of PLUMBLINE_PUBLIC_URL; else the port on this machine")
    asked = parser.parse_args()
    asked.data.mkdir(parents=True, exist_ok=True)
    told = {"PLUMBLINE_PUBLIC_URL": f"http://127.0.0.1:{asked.port}", **os.environ}
    if asked.public_url:
        told["PLUMBLINE_PUBLIC_URL"] = asked.public_url
    surroundings = config.load_or_exit(told).surroundings
    signer = Signer(signing_key(asked.data / "signing-key.pem"))
    Embedded(data=asked.data, port=asked.port, signer=signer, surroundings=surroundings).run()


if __name__ == "__main__":
    main()
