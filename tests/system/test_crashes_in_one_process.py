"""The embedded process dies at every named point: started again, nothing is lost, repeated or stuck."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from commands import ROOT
from tests.system.crash_points import POINTS
from tests.system.crash_world import FEW, MANY, MUCH_MAIL, NAMES, SOME_MAIL, CrashWorld
from tests.system.post_office import post_office

pytestmark = [pytest.mark.xdist_group("crashes_in_one_process"), pytest.mark.timeout(240)]


class InOneProcess(CrashWorld):
    standing = ("embedded",)

    def process(self, dies: str) -> str:
        return "embedded"

    def about(self, process: str) -> dict[str, Any]:
        environment = {"PLUMBLINE_SMTP_URL": self.post.url, "PLUMBLINE_WEBHOOK_NETWORKS": "127.0.0.0/8"}
        return {
            "role": "embedded", "service": "leads", "databases": self.databases, "key": self.key,
            "environment": environment,
        }  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrashWorld]:
    folder = tmp_path_factory.mktemp("crashes")
    with post_office() as post:
        world = InOneProcess(folder, {name: f"sqlite:///{folder / name}.db" for name in NAMES}, post)
        yield world
        world.close()


def test_every_crash_point_is_in_the_table() -> None:
    named = {
        point
        for package in ("libs", "services", "embedded")
        for module in (ROOT / package).rglob("*.py")
        for point in re.findall(r'\bcrash\("(\w+)"\)', module.read_text())
    }
    assert named == set(POINTS)
    assert len(named) == 20


@pytest.mark.parametrize("point", POINTS)
def test_the_embedded_process_dies(world: CrashWorld, point: str) -> None:
    world.dies_at(point, FEW)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("point", POINTS)
def test_the_embedded_process_dies_again_and_again(world: CrashWorld, point: str) -> None:
    world.dies_at(point, MANY)


@pytest.mark.parametrize(
    "mails", [SOME_MAIL, pytest.param(MUCH_MAIL, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_mail_goes_at_least_once_under_one_id_however_often_its_sender_dies(
    world: CrashWorld, measured: Callable[[str], None], mails: int
) -> None:
    kills, again = world.mail_goes(mails)
    measured(f"{mails} mails, {kills} kills of their sender, {again} came again")
    assert kills >= mails / 100


@pytest.mark.parametrize(
    "posts", [SOME_MAIL, pytest.param(MUCH_MAIL, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_a_webhook_is_posted_to_at_least_once_under_one_id_however_often_its_sender_dies(
    world: CrashWorld, measured: Callable[[str], None], posts: int
) -> None:
    kills, again = world.posts_go(posts)
    measured(f"{posts} posts, {kills} kills of their sender, {again} came again")
    assert kills >= posts / 100
