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


#: a text of a script, which stays as it is, or else
_TEXT = r"""('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|"""
_REMARK = re.compile(rf"{_TEXT}(?:(?<=\s)|^)//[^\n]*|/\*.*?\*/", re.MULTILINE)
_SIGN = re.compile(rf"{_TEXT}[ \t]*([{{}}();,=?:<>|&])[ \t]*")  #: with the blanks around it, which mean nothing
_END = re.compile(rf"{_TEXT}(?<=[{{(,;])\n|\n(?=[}})])|;(?=}})")  #: where the sign says the same


def script(text: str) -> bytes:
    """The same of a script: no remarks, nothing set in, no blanks and no ends of lines around signs."""
    lines = (line.strip() for line in _REMARK.sub(lambda found: found[1] or "", text).splitlines())
    told = _SIGN.sub(lambda found: found[1] or found[2], "\n".join(line for line in lines if line))
    for _ in range(2):  # where a line ended, a statement may end now
        told = _END.sub(lambda found: found[1] or "", told)
    return told.encode()


def drawing(name: str) -> bytes:
    """``icons.svg`` or ``favicon.svg``."""
    return (HERE / name).read_bytes()
