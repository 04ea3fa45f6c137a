"""Keeps the tests of one `xdist_group` on one worker: xdist 3.8 names it in a field that pytest 9.2 does not read."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadGroupScheduling

LONGEST = "chaos"  #: one test of minutes: last, it would keep everybody waiting


class ByGroup(LoadGroupScheduling):
    """A module that says ``pytestmark = … xdist_group("name")`` is one piece; any other test is one by itself.

    The pieces of most tests come first, but for the longest.
    """

    def _assign_work_unit(self, node: Any) -> None:
        if LONGEST in self.workqueue:
            self.workqueue.move_to_end(LONGEST, last=False)
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        return group_of(self.config.rootpath / nodeid.partition("::")[0]) or nodeid


@cache
def group_of(module: Path) -> str:
    found = re.search(r'^pytestmark.*xdist_group\("(\w+)"\)', module.read_text(), re.MULTILINE)
    return found[1] if found else ""
