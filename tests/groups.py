"""Keeps the tests of one `xdist_group` on one worker: xdist 3.8 names it in a field that pytest 9.2 does not read."""

import itertools
import re
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadGroupScheduling

LONGEST = "chaos"  #: one test of minutes: last, it would keep everybody waiting
COMPUTING = "tests/simulation/"  #: what waits for nobody


class ByGroup(LoadGroupScheduling):
    """A module that says ``pytestmark = … xdist_group("name")`` is one piece; any other test is one by itself."""

    def _assign_work_unit(self, node: Any) -> None:
        if LONGEST in self.workqueue:  # else somebody has it already, or nobody asked for everything
            self.workqueue = spread(self.workqueue)
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        return group_of(self.config.rootpath / nodeid.partition("::")[0]) or nodeid


@cache
def group_of(module: Path) -> str:
    found = re.search(r'^pytestmark.*xdist_group\("(\w+)"\)', module.read_text(), re.MULTILINE)
    return found[1] if found else ""


def spread(pieces: Mapping[str, Any]) -> OrderedDict[str, Any]:
    """The longest piece first, then the groups, which mostly wait for what they killed to come back.

    Between two of them some that only compute: together those would crowd the processors, and without them the groups
    leave them idle.
    """
    groups = sorted((name for name in pieces if "::" not in name), key=lambda name: name != LONGEST)
    computing = [name for name in pieces if name.startswith(COMPUTING)]
    few = -(-len(computing) // len(groups)) or 1
    between = [computing[start : start + few] for start in range(0, len(computing), few)]
    turns = itertools.zip_longest(([name] for name in groups), between, fillvalue=[])
    first = [name for turn in turns for some in turn for name in some]
    return OrderedDict((name, pieces[name]) for name in dict.fromkeys([*first, *pieces]))
