"""python -m services.opportunities api|worker|migrate"""

from libs.common.cli import main
from services.opportunities.service import SPEC

main(SPEC)
