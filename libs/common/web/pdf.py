"""A record on paper as an answer: shown where it is opened, and called by its number where it is saved."""

from libs.common.idempotency import Answer

PDF = "application/pdf"


def on_paper(drawn: bytes, number: str) -> Answer:
    return drawn, 200, {"Content-Type": PDF, "Content-Disposition": f'inline; filename="{number}.pdf"'}
