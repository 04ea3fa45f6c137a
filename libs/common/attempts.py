"""When somebody asked, and when somebody tried to reach them: what the response clock runs between."""

from datetime import datetime, timedelta

from libs.common.errors import Fault, Invalid

SLACK = timedelta(minutes=5)  #: clocks differ, and a call is over before it is entered


def yet_to_ask(said: datetime | None, pointer: str, *, now: datetime) -> list[Fault]:
    """What is wrong with the moment of an enquiry: one in a time to come would be answered late then only."""
    return [Fault(pointer, "is still to come")] if said is not None and said > now + SLACK else []


def attempted_at(said: datetime | None, *, received_at: datetime, now: datetime) -> datetime:
    """The moment of an attempt, kept between the enquiry and now. Raises Invalid for one that cannot have been."""
    if said is None:
        return now
    if said > now + SLACK:
        raise Invalid("nobody has been reached yet then", errors=[Fault("/at", "is still to come")])
    if said < received_at - SLACK:
        raise Invalid("nobody had asked yet then", errors=[Fault("/at", "is before they asked")])
    return min(max(said, received_at), now)
