"""The hand pages are written in: one stylesheet in parts, one sprite of icons, served by whoever shows pages."""

import re
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
    """The parts in their order, or all of them, without what is there only for who reads them here."""
    every = sorted(HERE.glob("*.css"))
    text = "".join(one.read_text() for one in every if not parts or one.stem in parts)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    return re.sub(r" ?([{};,>/]) ?|(:) | (?=!)", r"\1\2", text).replace(";}", "}").encode()


#: texts of a script, which stay as they are, or a sign with the blanks around it, which mean nothing
_TEXT_OR_SIGN = re.compile(r"""('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`)|[ \t]*([{}();,=?:<>|&])[ \t]*""")


def script(text: str) -> bytes:
    """The same of a script: no remarks, nothing set in, no blanks and no ends of lines around signs."""
    lines = (re.sub(r"(^|\s)//.*|/\*.*?\*/", "", line).strip() for line in text.splitlines())
    told = _TEXT_OR_SIGN.sub(lambda found: found[1] or found[2], "\n".join(line for line in lines if line))
    return re.sub(r"(?<=[{(,;])\n|\n(?=[})])", "", told).replace(";}", "}").encode()


def drawing(name: str) -> bytes:
    """``icons.svg`` or ``favicon.svg``."""
    return (HERE / name).read_bytes()
