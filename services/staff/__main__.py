"""python -m services.staff api|worker|migrate|rebuild"""

from libs.common.cli import main
from services.staff.service import SPEC

main(SPEC)
