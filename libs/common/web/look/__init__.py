"""The hand pages are written in: one stylesheet in parts, one sprite of icons, served by whoever shows pages."""

from pathlib import Path

HERE = Path(__file__).parent

#: what the customer's own page needs of it
GUEST = (
    "01-tokens",
    "02-base",
    "04-controls",
    "06-forms",
    "07-figures",
    "08-floating",
    "12-guest",
    "15-narrow",
    "16-print",
)


def stylesheet(parts: tuple[str, ...] = ()) -> bytes:
    """The parts in their order, or all of them."""
    every = sorted(HERE.glob("*.css"))
    return b"".join(one.read_bytes() for one in every if not parts or one.stem in parts)


def drawing(name: str) -> bytes:
    """``icons.svg`` or ``favicon.svg``."""
    return (HERE / name).read_bytes()
