"""Private brokers, databases, nginx and a browser on this machine, without containers: `up --distributed` and tests."""


class NotReady(RuntimeError):
    """This machine lacks something. The message says what, and the exact line that mends it."""

    def __init__(self, text: str, *, code: int = 3) -> None:
        """``code``: what a command that cannot go on for it exits with, 2 where it was used or configured wrongly."""
        super().__init__(text)
        self.code = code
