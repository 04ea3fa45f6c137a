"""An api or a worker dies at every named point, on PostgreSQL and RabbitMQ: nothing is lost, repeated or stuck."""

from collections.abc import Callable, Iterator

import pytest

from libs.local.broker import Broker
from libs.local.database import DatabaseServer
from tests.system.crash_apart import apart
from tests.system.crash_points import POINTS
from tests.system.crash_world import FEW, MANY, MUCH_MAIL, SOME_MAIL, CrashWorld

pytestmark = [pytest.mark.xdist_group("crashes_apart"), pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, postgres: DatabaseServer, rabbit: Broker) -> Iterator[CrashWorld]:
    with apart(tmp_path_factory.mktemp("crashes"), postgres, rabbit) as world:
        yield world


@pytest.mark.parametrize("point", POINTS)
def test_a_process_of_a_service_dies(world: CrashWorld, point: str) -> None:
    world.dies_at(point, FEW)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("point", POINTS)
def test_a_process_of_a_service_dies_again_and_again(world: CrashWorld, point: str) -> None:
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
