"""Keeps the tests of one `xdist_group` on one worker: xdist 3.8 names it in a field that pytest 9.2 does not read."""

import itertools
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadGroupScheduling

LONGEST = "chaos"  #: one test of minutes: last, it would keep everybody waiting
COMPUTING = "tests/simulation/"  #: what waits for nobody
SLOW = ("tests/system/", "tests/unit/test_house.py", "tests/flow/test_however_facts_come.py")  #: some seconds each


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
    """The longest piece first, then the groups, which mostly wait for what they killed to come back; the quick last.

    Between two of them some that only compute: together those would crowd the processors, and without them the groups
    leave them idle. What takes seconds comes before the end: nobody is to go on alone when there is nothing else left.
    """
    groups = sorted((name for name in pieces if "::" not in name), key=lambda name: name != LONGEST)
    single = [name for name in pieces if "::" in name]
    computing = [name for name in single if name.startswith(COMPUTING)]
    slow = [name for name in single if name.startswith(SLOW)]
    quick = [name for name in single if not name.startswith((COMPUTING, *SLOW))]
    last = len(quick) // 8
    order = [*_mixed(groups, computing), *_mixed(slow, quick[last:]), *quick[:last]]
    return OrderedDict((name, pieces[name]) for name in order)


def _mixed(some: Sequence[str], others: Sequence[str]) -> Iterator[str]:
    """Each of the first, and behind it its share of the others."""
    share = -(-len(others) // max(1, len(some))) or 1
    shares = (others[start : start + share] for start in range(0, len(others), share))
    for one, its in itertools.zip_longest(([one] for one in some), shares, fillvalue=()):
        yield from (*one, *its)
