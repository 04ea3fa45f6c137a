"""What everybody's facts mean here: something to show."""

from libs.common import people
from libs.common.service import Subscriptions

subscriptions = Subscriptions()
people.subscribe(subscriptions)
