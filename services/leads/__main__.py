"""python -m services.leads api|worker|migrate"""

from libs.common.cli import main
from services.leads.service import SPEC

main(SPEC)
