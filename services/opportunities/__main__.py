"""python -m services.opportunities api|worker|migrate|rebuild"""

from libs.common.cli import main
from services.opportunities.service import SPEC

main(SPEC)
