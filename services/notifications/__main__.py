"""python -m services.notifications api|worker|migrate|rebuild"""

from libs.common.cli import main
from services.notifications.service import SPEC

main(SPEC)
