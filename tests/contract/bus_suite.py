"""What every bus promises, as tests. Each bus's own test file brings a ``world`` fixture and inherits these."""

from tests.contract.bus_blames import Blame
from tests.contract.bus_delivers import Delivery
from tests.contract.bus_fails import Failure
from tests.contract.bus_in_trouble import Trouble


class BusSuite(Delivery, Failure, Trouble, Blame):
    pass
