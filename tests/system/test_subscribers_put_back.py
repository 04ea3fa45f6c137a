"""A broker that lost its disk knows its readers again, as whoever watches over it remembers them."""

import json
from uuid import uuid4

from libs.common.rabbit.subscribers import Remembered
from libs.common.rabbit.topology import EVENTS
from libs.local.broker import Broker
from tests.system.strangers import Company, Stranger, is_refused, provisioned

BOOKINGS, LEADS = "plumbline.booking.#", "plumbline.lead.#"
CAPTURE = "plumbline.lead.capture.v1"


def wipe(company: Company) -> None:
    """As a broker is that lost its disk, as far as this company goes."""
    manage, host = company.broker.manage, company.vhost
    company.close()
    manage("DELETE", f"/api/vhosts/{host.name}")
    manage("PUT", f"/api/vhosts/{host.name}")
    for admin in (host.user, company.broker.admin[0]):
        company.broker.permit(admin, host.name, configure=".*", write=".*", read=".*")


def test_who_watches_lets_them_into_a_wiped_broker_as_before_and_nobody_who_was_removed(rabbit: Broker) -> None:
    with provisioned(rabbit) as company:
        gone, narrow = (f"s{uuid4().hex[:8]}" for _ in range(2))
        urls = {
            name: company.run("add", name, *more).stdout.strip()
            for name, more in ((gone, ["--pattern", LEADS]), (narrow, ["--pattern", BOOKINGS, "--no-history"]))
        }
        before = company.run("list", "--json").stdout
        everybody = Remembered(company.management)
        assert everybody.put_back() == []

        wipe(company)

        assert is_refused(urls[narrow])
        assert everybody.put_back() == sorted([gone, narrow])
        company.provision()
        assert company.run("list", "--json").stdout == before
        crm = Stranger(urls[narrow])
        queue = crm.queue(BOOKINGS)
        assert "ACCESS_REFUSED" in crm.refused(lambda channel: channel.queue_bind(queue, EVENTS, LEADS))
        crm.close()

        assert everybody.put_back() == []
        company.run("remove", gone)
        assert everybody.put_back() == []
        assert is_refused(urls[gone])


def test_who_was_given_other_rights_in_a_wiped_broker_keeps_those(rabbit: Broker) -> None:
    with provisioned(rabbit) as company:
        name = f"s{uuid4().hex[:8]}"
        before = company.run("add", name, "--pattern", LEADS).stdout.strip()
        everybody = Remembered(company.management)
        everybody.put_back()
        wipe(company)
        company.provision()
        after = company.run("add", name, "--pattern", BOOKINGS).stdout.strip()

        assert everybody.put_back() == []

        assert is_refused(before)
        Stranger(after).close()
        [now] = json.loads(company.run("list", "--json").stdout)
        assert now["patterns"] == [BOOKINGS]
