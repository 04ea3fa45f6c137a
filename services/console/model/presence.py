"""Who looks at which record: kept for minutes, told by browsers and not by facts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.console.model.base import Base


class Presence(Base):
    __tablename__ = "presence"

    record: Mapped[UUID] = mapped_column(primary_key=True)
    person: Mapped[UUID] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]
