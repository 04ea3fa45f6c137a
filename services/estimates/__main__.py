"""python -m services.estimates api|worker|migrate|rebuild"""

from libs.common.cli import main
from services.estimates.service import SPEC

main(SPEC)
