"""Private brokers, databases and nginx on this machine, without containers; for `up --distributed` and system tests."""


class NotReady(RuntimeError):
    """This machine lacks something. The message says what, and the exact line that mends it."""
