"""What becomes of an enquiry, decided beforehand from a seed: the same seed and file give the same lives."""

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

FIRST = ("Ada", "Ben", "Cora", "Dale", "Edith", "Finn", "Gail", "Hugh", "Iris", "Joel", "Kay", "Lyle", "Mona", "Ned")
LAST = (
    "Abbott",
    "Boyle",
    "Crane",
    "Dunn",
    "Ellery",
    "Frost",
    "Goss",
    "Hale",
    "Ingram",
    "Joyce",
    "Kerr",
    "Lowe",
    "Moss",
)
REQUESTS = {
    "hvac": ("Wants a price for a new heat pump", "The furnace does not start", "Yearly tune-up and a quote for ducts"),
    "plumbing": ("The water heater leaks", "Wants a bathroom repiped", "A drain that clogs every month"),
    "electrical": ("Panel is full, wants it bigger", "Needs a charger for the car", "Lights flicker upstairs"),
}
INVALID = ("spam", "wrong_contact", "not_a_customer", "out_of_area", "not_offered")
LOST = ("price", "competition", "budget", "timing", "unresponsive", "poor_fit")
OUTCOMES = ("reached", "reached", "no_answer", "left_message")


@dataclass(frozen=True)
class Life:
    """One enquiry's plan. What a later step depends on is there even when an earlier one ends the plan."""

    name: str
    trade: str
    request: str
    interest: str
    attempts: tuple[str, ...]
    valid: bool
    invalid_reason: str
    nurtured: bool
    converts: bool
    lost_reason: str
    appointment_day: int
    lines: int
    discount: Decimal
    rounds: int
    decision: str  #: accept, decline, silent
    by: str  #: link or staff
    hand_off: str  #: complete, accept, returned, assigned, ready, draft

    def ends(self) -> str:
        """Where this plan means to end, for the books."""
        if not self.valid:
            return "invalid"
        if not self.converts or self.decision == "decline":
            return "lost"
        return "sold" if self.decision == "accept" else "open"


def plan(seed: int, mark: str, hint: dict[str, Any]) -> Life:
    """The life of the enquiry that its file calls ``mark``. ``hint``: what the file tells (converted, trade)."""
    rng = random.Random(f"{seed}:{mark}")  # a plausible life, no secret
    trade = hint.get("trade") if hint.get("trade") in REQUESTS else rng.choice(tuple(REQUESTS))
    went_on = hint.get("converted")
    valid = bool(went_on) or rng.random() < (0.35 if went_on is False else 0.75)
    return Life(
        name=f"{rng.choice(FIRST)} {rng.choice(LAST)}",
        trade=str(trade),
        request=rng.choice(REQUESTS[str(trade)]),
        interest=rng.choice(("low", "medium", "high")),
        attempts=tuple(rng.choice(OUTCOMES) for _ in range(rng.randint(1, 2))),
        valid=valid,
        invalid_reason=rng.choice(INVALID),
        nurtured=rng.random() < 0.15,
        converts=rng.random() < (0.7 if went_on else 0.45),
        lost_reason=rng.choice(LOST),
        appointment_day=rng.randint(1, 400),
        lines=rng.randint(1, 4),
        discount=Decimal(rng.choice((0, 0, 0, 3, 5, 8))),
        rounds=rng.choice((0, 0, 1, 2)),
        decision=rng.choices(("accept", "decline", "silent"), (55, 25, 20))[0],
        by=rng.choice(("link", "link", "staff")),
        hand_off=rng.choices(
            ("complete", "accept", "returned", "assigned", "ready", "draft"), (40, 20, 10, 10, 10, 10)
        )[0],
    )
