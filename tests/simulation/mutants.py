"""Mistakes that delivery protocols are known for, each put into the real kernel where an argument or a method lets it.

A simulation is worth as many of them as it finds: one that survives means that nobody would notice it in the kernel.
"""

from dataclasses import dataclass
from datetime import timedelta

from libs.common import loops
from libs.common.positions import Positions
from tests.simulation import applying, sending
from tests.simulation.processes import Kit


@dataclass(frozen=True)
class Mutant:
    name: str
    mistake: str
    kit: Kit
    seed: int = 0  #: one that is known to find it is tried first


UNBLOCKED = (Positions, "block", applying.step_over)
SOON = (loops, "KEEP_ANSWERS", timedelta(0))

MUTANTS = (
    Mutant("id cursor", "the relay goes by the highest id it has sent", Kit(bus=sending.Cursor)),
    Mutant("mark before confirm", "rows are marked before the bus has them", Kit(bus=sending.Unconfirmed)),
    Mutant("ack before commit", "a delivery that failed is not given back", Kit(broker=sending.AcksFirst)),
    Mutant("position apart", "effect and position have a transaction each", Kit(handler=applying.committed_early)),
    Mutant("no order check", "a gap in a stream is not noticed", Kit(consumer=applying.TrustsTheOrder)),
    Mutant("new id per attempt", "a fact that is sent again has another id", Kit(bus=sending.NewIds)),
    Mutant("held never drained", "nobody comes back to what was held", Kit(consumer=applying.NeverTriesAgain)),
    Mutant("park without block", "a parked fact does not stop its record", Kit(patches=(UNBLOCKED,))),
    Mutant("replay out of order", "a replayed fact comes after its successors", Kit(consumer=applying.ReplaysLast)),
    Mutant("lease without fencing", "a lease that has run out still counts", Kit(timers=applying.Unfenced), seed=348),
    Mutant("retention too short", "facts are pruned before a replay may need them", Kit(relay=sending.Forgetful)),
    Mutant("answers forgotten", "a key's answer is not kept as long as clients ask again", Kit(patches=(SOON,))),
    Mutant("check then insert", "a key is looked up, not claimed", Kit(store=applying.ChecksFirst)),
)
