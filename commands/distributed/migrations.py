"""python -m commands.distributed.migrations FOLDER: every service's database is up to date, by the secrets kept there.

One process, where containers take one a service: each would load for a second what this one loads once.
"""

import sys
from pathlib import Path

import services
from commands.migrate import bring_up_to_date

if __name__ == "__main__":
    for name in services.NAMES:
        bring_up_to_date(name, (Path(sys.argv[1]) / f"{name}-database-url").read_text())
