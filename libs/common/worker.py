"""The worker process of a service: relay, reader and timers, each a thread with its own connections."""

from libs.common.loops import Report, Wait, relay_loop, timers_loop

__all__ = ["Report", "Wait", "relay_loop", "timers_loop"]
