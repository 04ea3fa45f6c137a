"""What is measured, and what it is held against: the ratios that the design promises, each with its goal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench import chain, consumer, funnelling, leads, relay, web
from bench.noise import Run, ratio
from bench.place import Place

Figures = Mapping[str, Run]
ALLOWANCE = 0.2


@dataclass(frozen=True)
class Size:
    """How much is done in a round."""

    messages: int = 4000  #: what a peer does one by one it does with a part of them
    chains: int = 1000
    seconds: float = 2.0  #: of HTTP; of facts at a gentle rate twice as long


TINY = Size(messages=80, chains=20, seconds=0.5)


@dataclass(frozen=True)
class Goal:
    """A figure of one variant, over the same figure of another where there is one. ``most``: it may be no more."""

    part: str
    what: str
    variant: str
    over: str | None
    bound: float
    figure: str = "rate"
    most: bool = False

    def reached(self, figures: Figures) -> float | None:
        """The ratio or the figure; None where a variant was not measured."""
        if self.variant not in figures or (self.over is not None and self.over not in figures):
            return None
        if self.over is not None:
            return ratio(figures[self.variant], figures[self.over], self.figure)
        return float(figures[self.variant][self.figure])

    def held(self, value: float) -> bool:
        return value <= self.bound if self.most else value >= self.bound


def plans(place: Place, size: Size) -> dict[str, Callable[[], dict[str, Callable[[], Run]]]]:
    """Each part's variants, which take turns in every round."""
    return {
        "relay": lambda: relay.plan(place, size.messages),
        "latency": lambda: {"commit to receipt": lambda: relay.latency(place, 50, 2 * size.seconds)},
        "consumer": lambda: consumer.plan(place, size.messages),
        "chain": lambda: chain.plan(place, size.chains, 1.25 * size.seconds),
        "write": lambda: web.writes(place, size.seconds),
        "list": lambda: web.lists(place, size.seconds),
        "funnels": lambda: {"four clients": lambda: funnelling.run(place, 10 * size.seconds)},
        "process": lambda: {"api": lambda: leads.api(place), "worker": lambda: leads.worker(place)},
    }


PARTS = ("relay", "latency", "consumer", "chain", "write", "list", "process", "funnels")
FAST = "FastAPI and SQLAlchemy"
GOALS = (
    Goal("relay", "of pipelined pika without a database", "Relay", "pipelined pika, no database", 0.7),
    Goal("relay", "x a relay that awaits each confirm", "Relay", "confirm per message", 7),
    Goal("latency", "ms from commit to receipt, p50", "commit to receipt", None, 10, "p50", most=True),
    Goal("latency", "ms from commit to receipt, p99", "commit to receipt", None, 40, "p99", most=True),
    Goal("consumer", "x FastStream, with a projection", "Consumer, projection", "FastStream, projection", 12),
    Goal("consumer", "x FastStream, with handlers", "Consumer, handlers", "FastStream, handlers", 5),
    Goal("chain", "x FastStream's throughput over five hops", "five workers", "FastStream", 8),
    Goal("chain", "of FastStream's p50 over five hops", "five workers", "FastStream", 1, "p50", most=True),
    Goal("chain", "of FastStream's p99 over five hops", "five workers", "FastStream", 1, "p99", most=True),
    Goal("write", "x FastAPI, a write of the kernel alone", "the kernel", FAST, 1.2),
    Goal("write", "of FastAPI's write, the whole POST /leads", "POST /leads, whole", FAST, 0.6),
    Goal("list", "x FastAPI, a list of 50", "the kernel", FAST, 1.5),
    Goal("funnels", "whole funnels a second", "four clients", None, 10),
    Goal("process", "MB in an api's process", "api", None, 85, "mb", most=True),
    Goal("process", "MB in a worker", "worker", None, 75, "mb", most=True),
)


def text(measured: Mapping[str, Figures]) -> str:
    """The figures of every part, then the goals."""
    lines = []
    for part, figures in measured.items():
        lines += ["", f"| {part} | a second | own CPU us | broker us | database us | more | spread | disturbed |"]
        lines.append("| --- | ---: | ---: | ---: | ---: | --- | ---: | ---: |")
        lines += [_row(name, run) for name, run in figures.items()]
    lines += ["", "| part | ratio | goal | reached | |", "| --- | --- | ---: | ---: | --- |"]
    for goal in GOALS:
        if goal.part in measured:
            value = goal.reached(measured[goal.part])
            sign = "<=" if goal.most else ">="
            reached, verdict = ("-", "not measured") if value is None else (f"{value:.2f}", _verdict(goal, value))
            lines.append(f"| {goal.part} | {goal.what} | {sign} {goal.bound:g} | {reached} | {verdict} |")
    return "\n".join(lines[1:])


def _verdict(goal: Goal, value: float) -> str:
    """What misses its goal by a fifth at most is within what the design allows for a machine like this."""
    allowed = value / (1 + ALLOWANCE) if goal.most else value / (1 - ALLOWANCE)
    return "held" if goal.held(value) else "within the allowance" if goal.held(allowed) else "missed"


def _row(name: str, run: Run) -> str:
    cells = [f"{run[key]:,.0f}" if key in run else "" for key in ("own_us", "broker_us", "database_us")]
    rate = f"{run['rate']:,.0f}" if run["rate"] >= 10 else f"{run['rate']:.2f}"
    return f"| {name} | {rate} | {' | '.join(cells)} | {_more(run)} | {run['spread']:.0f} % | {run['disturbed']:.0%} |"


def _more(run: Run) -> str:
    said: dict[str, Any] = {
        "p50": "p50 {:.1f} ms",
        "p99": "p99 {:.1f} ms",
        "start_s": "starts in {:.2f} s",
        "mb": "{:.0f} MB",
        "seconds": "{:.2f} s each",
    }
    return ", ".join(form.format(run[key]) for key, form in said.items() if key in run)
