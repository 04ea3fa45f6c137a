"""python -m embedded --data DIR --port N: the serving process that `./plumbline up` starts and watches over."""

import argparse
import os
from pathlib import Path

from embedded.run import Embedded
from libs.common.signingkey import signing_key
from libs.common.tokens import Signer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m embedded", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--public-url", default="")
    asked = parser.parse_args()
    asked.data.mkdir(parents=True, exist_ok=True)
    config = {
        "public_url": asked.public_url or f"http://127.0.0.1:{asked.port}",
        "smtp_url": os.environ.get("PLUMBLINE_SMTP_URL", ""),
    }
    signer = Signer(signing_key(asked.data / "signing-key.pem"))
    Embedded(data=asked.data, port=asked.port, signer=signer, config=config).run()


if __name__ == "__main__":
    main()
