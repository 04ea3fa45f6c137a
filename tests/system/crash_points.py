"""The named moments at which a process may die, and what must hold of each. Production code names them by calling
``store.crash``; this table has all of them, and a test compares the two."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """``dies``: the process that passes it, or embedded its service's part. ``load``: what happens until it is dead.

    ``most``: the highest n of ``point:n``. ``first``: a point at which the process dies before it can pass this one.
    """

    dies: str
    holds: str
    load: str = "enquire"
    most: int = 3
    first: str = ""


API, RELAY, READER, PEOPLE, REPLAY = (
    "leads-api",
    "leads-worker",
    "opportunities-worker",
    "notifications-worker",
    "opportunities-replay",
)

POINTS: Mapping[str, Point] = {
    "before_begin": Point(API, "nothing was done; the repeated request does it"),
    "after_write": Point(API, "record and number are taken back with the transaction; the repeat does it anew"),
    "before_commit": Point(API, "record, fact, audit and answer are all taken back; the repeat does it anew"),
    "after_commit": Point(API, "the act is done though nobody was told: the repeat gets its answer, to the byte"),
    "relay_selected": Point(RELAY, "the facts are unsent, and sent by the next relay"),
    "relay_confirmed": Point(RELAY, "the bus has the facts, the outbox does not know: sent twice, applied once"),
    "relay_marked": Point(RELAY, "sent and marked: not sent again, and the next ones follow"),
    "consumer_delivered": Point(READER, "nothing was begun: the facts come again and are applied"),
    "consumer_applied": Point(READER, "effect and position are taken back together: applied when they come again"),
    "consumer_committed": Point(READER, "applied and not acknowledged: they come again and are skipped"),
    "consumer_acknowledged": Point(READER, "applied; whether the bus heard so or not, there is one effect"),
    "consumer_marked": Point(
        READER,
        "one attempt of a redelivered fact is counted; the next one applies it",
        most=1,
        first="consumer_applied",
    ),
    "consumer_parked": Point(READER, "parked, not acknowledged: it comes again and is parked once", "poison", most=1),
    "parked_replayed": Point(
        REPLAY, "given back and taken out of the list together: still parked, once", "replay", most=1
    ),
    "timers_claimed": Point(PEOPLE, "the timer is leased and fires when the lease is over", "remind", most=2),
    "timer_fired": Point(PEOPLE, "effect and timer are taken back together: it fires again, once", "remind", most=2),
    "mail_leased": Point(PEOPLE, "the mail is leased, and goes when the lease is over", most=2),
    "mail_sent": Point(PEOPLE, "the mail may go twice, under one Message-ID and in the same words", most=2),
    "webhook_leased": Point(PEOPLE, "the webhook is leased, and served when the lease is over", most=2),
    "webhook_sent": Point(PEOPLE, "the fact may be posted twice, under one webhook-id and in the same words", most=2),
}
