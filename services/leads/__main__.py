"""python -m services.leads api|worker|migrate|rebuild"""

from libs.common.cli import main
from services.leads.service import SPEC

main(SPEC)
