"""python -m services.console api|worker|migrate|rebuild"""

from libs.common.cli import main
from services.console.service import SPEC

main(SPEC)
