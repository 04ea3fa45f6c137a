"""python -m services.bookings api|worker|migrate|rebuild"""

from libs.common.cli import main
from services.bookings.service import SPEC

main(SPEC)
