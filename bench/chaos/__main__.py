"""python -m bench.chaos [--funnels 300] [--clients 4] …: prints the report, and fails if anything was lost, happened
twice or out of order, got stuck, or if one of the things that were to go wrong never did.
"""

import argparse
import signal
import sys
from dataclasses import fields

from bench.chaos.run import Plan, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    for one in fields(Plan):
        parser.add_argument(f"--{one.name}", type=type(one.default), default=one.default, help=f"({one.default})")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is stopped
    report = run(Plan(**vars(parser.parse_args())))
    print(report.text())
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
