"""A branch's stages in their order, as its settings have them."""

from uuid import UUID

from libs.common.tx import Tx
from services.opportunities.settings import PREFERENCES
from services.opportunities.states import Flow


def of(tx: Tx, branch: UUID | None) -> Flow:
    return tx.known(("flow", branch), lambda: Flow(PREFERENCES.read(tx, branch)["stages"]))
