"""What estimates keeps of an opportunity: for whom and where the price is, and which estimate it stands on."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.columns import Aggregate
from services.estimates.model.base import Base


class Opportunity(Aggregate, Base):
    """A copy out of ``opportunity.converted``. Acts on one opportunity's estimates take turns at its row, so that
    "another offer is live" and "this one is selected" are always true when said. It publishes nothing."""

    __tablename__ = "opportunities"

    lead_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str]
    salesperson_id: Mapped[UUID | None] = mapped_column(index=True)
    product_interest: Mapped[str] = mapped_column(default="")
    currency: Mapped[str] = mapped_column(sa.String(3))
    prospect: Mapped[dict[str, Any]]
    contact: Mapped[dict[str, Any]]
    site: Mapped[dict[str, Any] | None]
    bill_to: Mapped[dict[str, Any]]
    lost: Mapped[bool] = mapped_column(default=False)
    job_id: Mapped[UUID | None]
    selected_estimate_id: Mapped[UUID | None]

    @classmethod
    def owner_columns(cls) -> Sequence[Any]:
        return (cls.salesperson_id,)
