"""When somebody tried to reach a prospect: what the response clock is stopped with."""

from datetime import datetime, timedelta

from libs.common.errors import Fault, Invalid

SLACK = timedelta(minutes=5)  #: clocks differ, and a call is over before it is entered


def attempted_at(said: datetime | None, *, received_at: datetime, now: datetime) -> datetime:
    """The moment of an attempt, kept between the enquiry and now. Raises Invalid for one that cannot have been."""
    if said is None:
        return now
    if said > now + SLACK:
        raise Invalid("nobody has been reached yet then", errors=[Fault("/at", "is still to come")])
    if said < received_at - SLACK:
        raise Invalid("nobody had asked yet then", errors=[Fault("/at", "is before they asked")])
    return min(max(said, received_at), now)
