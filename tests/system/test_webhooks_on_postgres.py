"""Webhooks over PostgreSQL: what waits, rests, is given up and is sent again there as it is on SQLite."""

from collections.abc import Iterator

import pytest

from embedded.testing import Bench
from libs.common.deployment import Deployment
from services.notifications.service import SPEC
from services.notifications.usecases import webhooks
from tests.listening import LOOPBACK, Listening, listening
from tests.service.hooks_world import hook, log, send, state, store_of, tell
from tests.system.postgres_world import NewDatabases, bench_over


@pytest.fixture
def company(new_database: NewDatabases) -> Iterator[Bench]:
    made = bench_over(SPEC, new_database)
    store_of(made).deployment = Deployment(inside=LOOPBACK)
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Listening]:
    with listening() as there:
        yield there


def test_a_receiver_that_refuses_one_and_is_down_for_another_ends_with_both(
    company: Bench, receiver: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.notifications.adapters.posting.TRIES", 1)
    path, admin = hook(company, receiver.url, "plumbline.lead.#"), company.as_("admin")
    receiver.say = [422, 500]
    tell(company)
    send(company)
    tell(company)
    send(company)
    now = state(company, path)
    assert (now["waiting"], now["failures"], now["trouble"]) == (1, 1, "500")
    assert len(log(company, path, state="given_up")) == 1

    assert admin.post(f"{path}/deliveries/again").get_json() == {"again": 1}
    admin.post(f"{path}/test")  # it does not rest where somebody looks
    send(company)
    assert len(log(company, path, state="delivered")) == 3
    assert webhooks.prune(store_of(company)) == 0


def test_a_receiver_that_is_gone_is_disabled_and_goes_on_when_somebody_says_so(
    company: Bench, receiver: Listening
) -> None:
    path, admin = hook(company, receiver.url), company.as_("admin")
    receiver.say = [410]
    tell(company)
    send(company)
    assert state(company, path)["state"] == "disabled"
    admin.post(f"{path}/resume")
    send(company)
    assert state(company, path)["waiting"] == 0
    admin.post(f"{path}/remove")
    tell(company)
    send(company)
    assert len(receiver.got) == 2
