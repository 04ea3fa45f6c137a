"""python -m services.console api|worker|migrate"""

from libs.common.cli import main
from services.console.service import SPEC

main(SPEC)
