"""Cards, the records behind them, timelines, and the words that find them."""

import sqlalchemy as sa
from alembic import op

from libs.common import columns
from libs.common.migrations import kernel_0001

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    kernel_0001.create()
    op.create_table(
        "appointments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_at", columns.UtcDateTime(), nullable=False),
        sa.Column("ends_at", columns.UtcDateTime(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("appointments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appointments_card_id"), ["card_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appointments_starts_at"), ["starts_at"], unique=False)

    op.create_table(
        "bookings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("contract_total", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("scheduling", sa.Text(), nullable=False),
        sa.Column("ordering", sa.Text(), nullable=False),
        sa.Column("due_at", columns.UtcDateTime(), nullable=True),
        sa.Column("window_starts_at", columns.UtcDateTime(), nullable=True),
        sa.Column("window_ends_at", columns.UtcDateTime(), nullable=True),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("made_at", columns.UtcDateTime(), nullable=True),
        sa.Column("handed_over_at", columns.UtcDateTime(), nullable=True),
        sa.Column("assigned_at", columns.UtcDateTime(), nullable=True),
        sa.Column("accepted_at", columns.UtcDateTime(), nullable=True),
        sa.Column("started_at", columns.UtcDateTime(), nullable=True),
        sa.Column("completed_at", columns.UtcDateTime(), nullable=True),
        sa.Column("cancelled_at", columns.UtcDateTime(), nullable=True),
        sa.Column("returns", sa.Integer(), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("bookings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bookings_card_id"), ["card_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bookings_window_starts_at"), ["window_starts_at"], unique=False)

    op.create_table(
        "cards",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_number", sa.Text(), nullable=True),
        sa.Column("lead_title", sa.Text(), nullable=True),
        sa.Column("lead_state", sa.Text(), nullable=True),
        sa.Column("lead_owner_id", sa.Uuid(), nullable=True),
        sa.Column("lead_branch", sa.Uuid(), nullable=True),
        sa.Column("generated_by", sa.Uuid(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("lead_source", sa.Text(), nullable=True),
        sa.Column("lead_campaign", sa.Text(), nullable=True),
        sa.Column("trade", sa.Text(), nullable=True),
        sa.Column("interest", sa.Text(), nullable=True),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("lead_type", sa.Text(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("received_at", columns.UtcDateTime(), nullable=True),
        sa.Column("response_due_at", columns.UtcDateTime(), nullable=True),
        sa.Column("responded_at", columns.UtcDateTime(), nullable=True),
        sa.Column("next_action_at", columns.UtcDateTime(), nullable=True),
        sa.Column("decided_at", columns.UtcDateTime(), nullable=True),
        sa.Column("invalid_reason", sa.Text(), nullable=True),
        sa.Column("duplicate_of", sa.Uuid(), nullable=True),
        sa.Column("converted_at", columns.UtcDateTime(), nullable=True),
        sa.Column("opportunity_id", sa.Uuid(), nullable=True),
        sa.Column("opportunity_number", sa.Text(), nullable=True),
        sa.Column("opportunity_title", sa.Text(), nullable=True),
        sa.Column("opportunity_branch", sa.Uuid(), nullable=True),
        sa.Column("opportunity_source", sa.Text(), nullable=True),
        sa.Column("opportunity_campaign", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("stage_type", sa.Text(), nullable=True),
        sa.Column("stage_entered_at", columns.UtcDateTime(), nullable=True),
        sa.Column("probability", sa.Integer(), nullable=True),
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("inside_rep_id", sa.Uuid(), nullable=True),
        sa.Column("next_follow_up_at", columns.UtcDateTime(), nullable=True),
        sa.Column("product_interest", sa.Text(), nullable=True),
        sa.Column("qualified", sa.Boolean(), nullable=True),
        sa.Column("expected_value", sa.BigInteger(), nullable=True),
        sa.Column("expected_currency", sa.Text(), nullable=True),
        sa.Column("expected_close", sa.Date(), nullable=True),
        sa.Column("opened_at", columns.UtcDateTime(), nullable=True),
        sa.Column("priced_from", columns.UtcDateTime(), nullable=True),
        sa.Column("won_at", columns.UtcDateTime(), nullable=True),
        sa.Column("lost_at", columns.UtcDateTime(), nullable=True),
        sa.Column("lost_reason", sa.Text(), nullable=True),
        sa.Column("lost_in", sa.Text(), nullable=True),
        sa.Column("estimate_id", sa.Uuid(), nullable=True),
        sa.Column("estimate_selected_at", columns.UtcDateTime(), nullable=True),
        sa.Column("estimate_number", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("estimate_state", sa.Text(), nullable=True),
        sa.Column("estimate_total", sa.BigInteger(), nullable=True),
        sa.Column("estimate_total_max", sa.BigInteger(), nullable=True),
        sa.Column("estimate_currency", sa.Text(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("expires_at", columns.UtcDateTime(), nullable=True),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("booking_made_at", columns.UtcDateTime(), nullable=True),
        sa.Column("booking_number", sa.Text(), nullable=True),
        sa.Column("booking_state", sa.Text(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("job_title", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("customer_name", sa.Text(), nullable=True),
        sa.Column("contract_total", sa.BigInteger(), nullable=True),
        sa.Column("contract_currency", sa.Text(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("acknowledge_by", columns.UtcDateTime(), nullable=True),
        sa.Column("work_due_at", columns.UtcDateTime(), nullable=True),
        sa.Column("assigned_at", columns.UtcDateTime(), nullable=True),
        sa.Column("accepted_at", columns.UtcDateTime(), nullable=True),
        sa.Column("completed_at", columns.UtcDateTime(), nullable=True),
        sa.Column("returns", sa.Integer(), nullable=True),
        sa.Column(
            "phase",
            sa.Text(),
            sa.Computed(
                "CASE WHEN (booking_id IS NOT NULL AND booking_state <> 'cancelled') THEN 'booking' WHEN "
                "estimate_id IS NOT NULL THEN 'estimate' WHEN opportunity_id IS NOT NULL THEN 'opportunity' "
                "ELSE 'lead' END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "lane",
            sa.Text(),
            sa.Computed(
                "(CASE WHEN (booking_id IS NOT NULL AND booking_state <> 'cancelled') THEN 'booking.' || "
                "booking_state WHEN opportunity_id IS NOT NULL THEN 'opportunity.' || stage ELSE 'lead.' || "
                "coalesce(lead_state, 'new') END)",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            sa.Text(),
            sa.Computed(
                "(CASE WHEN (booking_id IS NOT NULL AND booking_state <> 'cancelled') AND booking_state = "
                "'completed' THEN 'done' WHEN (booking_id IS NOT NULL AND booking_state <> 'cancelled') OR "
                "stage_type = 'won' THEN 'won' WHEN stage_type = 'lost' THEN 'lost' WHEN opportunity_id IS "
                "NULL AND lead_state IN ('invalid', 'merged') THEN lead_state ELSE 'open' END)",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "open_lane",
            sa.Text(),
            sa.Computed(
                "CASE WHEN (CASE WHEN (booking_id IS NOT NULL AND booking_state <> 'cancelled') AND "
                "booking_state = 'completed' THEN 'done' WHEN (booking_id IS NOT NULL AND booking_state <> "
                "'cancelled') OR stage_type = 'won' THEN 'won' WHEN stage_type = 'lost' THEN 'lost' WHEN "
                "opportunity_id IS NULL AND lead_state IN ('invalid', 'merged') THEN lead_state ELSE 'open' "
                "END) IN ('open', 'won') THEN (CASE WHEN (booking_id IS NOT NULL AND booking_state <> "
                "'cancelled') THEN 'booking.' || booking_state WHEN opportunity_id IS NOT NULL THEN "
                "'opportunity.' || stage ELSE 'lead.' || coalesce(lead_state, 'new') END) END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "closed_lane",
            sa.Text(),
            sa.Computed(
                "CASE WHEN (CASE WHEN (booking_id IS NOT NULL AND booking_state <> 'cancelled') AND "
                "booking_state = 'completed' THEN 'done' WHEN (booking_id IS NOT NULL AND booking_state <> "
                "'cancelled') OR stage_type = 'won' THEN 'won' WHEN stage_type = 'lost' THEN 'lost' WHEN "
                "opportunity_id IS NULL AND lead_state IN ('invalid', 'merged') THEN lead_state ELSE 'open' "
                "END) IN ('lost', 'done') THEN (CASE WHEN (booking_id IS NOT NULL AND booking_state <> "
                "'cancelled') THEN 'booking.' || booking_state WHEN opportunity_id IS NOT NULL THEN "
                "'opportunity.' || stage ELSE 'lead.' || coalesce(lead_state, 'new') END) END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "steps",
            sa.Integer(),
            sa.Computed(
                "CASE WHEN opportunity_id IS NOT NULL THEN 1 ELSE 0 END + CASE WHEN priced_from IS NOT NULL "
                "THEN 2 ELSE 0 END + CASE WHEN won_at IS NOT NULL THEN 4 ELSE 0 END + CASE WHEN (booking_id "
                "IS NOT NULL AND booking_state <> 'cancelled') THEN 8 ELSE 0 END + CASE WHEN (booking_id IS "
                "NOT NULL AND booking_state <> 'cancelled') AND assigned_at IS NOT NULL THEN 16 ELSE 0 END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "settled_at",
            columns.UtcDateTime(),
            sa.Computed("CASE WHEN stage_type IN ('won', 'lost') THEN coalesce(won_at, lost_at) END", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "closed_at",
            columns.UtcDateTime(),
            sa.Computed(
                "CASE WHEN (booking_id IS NOT NULL AND booking_state <> 'cancelled') AND booking_state = "
                "'completed' THEN completed_at WHEN (booking_id IS NOT NULL AND booking_state <> 'cancelled') "
                "OR stage_type = 'won' THEN coalesce(won_at, booking_made_at) WHEN stage_type = 'lost' THEN "
                "lost_at WHEN opportunity_id IS NULL AND lead_state = 'invalid' THEN decided_at END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "branch", sa.Uuid(), sa.Computed("coalesce(opportunity_branch, lead_branch)", persisted=True), nullable=True
        ),
        sa.Column(
            "owner_id", sa.Uuid(), sa.Computed("coalesce(salesperson_id, lead_owner_id)", persisted=True), nullable=True
        ),
        sa.Column(
            "who",
            sa.Text(),
            sa.Computed("coalesce(customer_name, lead_title, opportunity_title)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "what",
            sa.Text(),
            sa.Computed(
                "coalesce(nullif(product_interest, ''), nullif(request, ''), nullif(interest, ''))", persisted=True
            ),
            nullable=True,
        ),
        sa.Column(
            "source",
            sa.Text(),
            sa.Computed("coalesce(nullif(opportunity_source, ''), nullif(lead_source, ''))", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "campaign",
            sa.Text(),
            sa.Computed("coalesce(nullif(opportunity_campaign, ''), nullif(lead_campaign, ''))", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "value",
            sa.BigInteger(),
            sa.Computed(
                "CASE WHEN (booking_id IS NOT NULL AND booking_state <> 'cancelled') THEN contract_total WHEN "
                "(estimate_total > 0) THEN estimate_total ELSE expected_value END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "value_max",
            sa.BigInteger(),
            sa.Computed(
                "CASE WHEN (booking_id IS NOT NULL AND booking_state <> 'cancelled') THEN contract_total WHEN "
                "(estimate_total > 0) THEN estimate_total_max ELSE expected_value END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "currency",
            sa.Text(),
            sa.Computed(
                "CASE WHEN (booking_id IS NOT NULL AND booking_state <> 'cancelled') THEN contract_currency "
                "WHEN (estimate_total > 0) THEN estimate_currency ELSE expected_currency END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "answer_due_at",
            columns.UtcDateTime(),
            sa.Computed(
                "CASE WHEN responded_at IS NULL AND lead_state NOT IN ('invalid', 'merged', 'converted') THEN "
                "response_due_at END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "follow_up_at",
            columns.UtcDateTime(),
            sa.Computed(
                "CASE WHEN (booking_id IS NOT NULL AND booking_state <> 'cancelled') THEN NULL WHEN "
                "stage_type = 'open' THEN next_follow_up_at WHEN (opportunity_id IS NULL AND lead_state IN "
                "('new', 'contacted', 'nurturing')) THEN next_action_at END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "offer_ends_at",
            columns.UtcDateTime(),
            sa.Computed(
                "CASE WHEN (estimate_state IN ('sent', 'viewed', 'changes_requested') AND stage_type = 'open' "
                "AND NOT (booking_id IS NOT NULL AND booking_state <> 'cancelled')) THEN expires_at END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "take_over_by",
            columns.UtcDateTime(),
            sa.Computed(
                "CASE WHEN (booking_id IS NOT NULL AND booking_state <> 'cancelled') AND booking_state = "
                "'assigned' THEN acknowledge_by END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("cards", schema=None) as batch_op:
        batch_op.create_index(
            "ix_cards_answer_due_at",
            [
                "answer_due_at",
                "id",
                "branch",
                "owner_id",
                "salesperson_id",
                "inside_rep_id",
                "lead_owner_id",
                "generated_by",
            ],
            unique=False,
            postgresql_where=sa.text("answer_due_at IS NOT NULL"),
            sqlite_where=sa.text("answer_due_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_cards_assignee_id"), ["assignee_id"], unique=False)
        batch_op.create_index(
            "ix_cards_closed",
            [
                "closed_at",
                "closed_lane",
                "currency",
                "value",
                "probability",
                "trade",
                "source",
                "team_id",
                "branch",
                "owner_id",
                "salesperson_id",
                "inside_rep_id",
                "lead_owner_id",
                "generated_by",
            ],
            unique=False,
            postgresql_where=sa.text("closed_lane IS NOT NULL"),
            sqlite_where=sa.text("closed_lane IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_cards_follow_up_at",
            [
                "follow_up_at",
                "id",
                "branch",
                "owner_id",
                "salesperson_id",
                "inside_rep_id",
                "lead_owner_id",
                "generated_by",
            ],
            unique=False,
            postgresql_where=sa.text("follow_up_at IS NOT NULL"),
            sqlite_where=sa.text("follow_up_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_cards_generated_by"), ["generated_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_cards_inside_rep_id"), ["inside_rep_id"], unique=False)
        batch_op.create_index("ix_cards_lane", ["lane", "received_at"], unique=False)
        batch_op.create_index("ix_cards_lead_owner", ["lead_owner_id"], unique=False)
        batch_op.create_index(
            "ix_cards_offer_ends_at",
            [
                "offer_ends_at",
                "id",
                "branch",
                "owner_id",
                "salesperson_id",
                "inside_rep_id",
                "lead_owner_id",
                "generated_by",
            ],
            unique=False,
            postgresql_where=sa.text("offer_ends_at IS NOT NULL"),
            sqlite_where=sa.text("offer_ends_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_cards_open",
            [
                "open_lane",
                "received_at",
                "id",
                "currency",
                "value",
                "probability",
                "trade",
                "source",
                "team_id",
                "branch",
                "owner_id",
                "salesperson_id",
                "inside_rep_id",
                "lead_owner_id",
                "generated_by",
            ],
            unique=False,
            postgresql_where=sa.text("open_lane IS NOT NULL"),
            sqlite_where=sa.text("open_lane IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_cards_opportunity_id"), ["opportunity_id"], unique=False)
        batch_op.create_index(
            "ix_cards_owner",
            [
                "owner_id",
                "received_at",
                "outcome",
                "responded_at",
                "response_due_at",
                "branch",
                "salesperson_id",
                "inside_rep_id",
                "lead_owner_id",
                "generated_by",
            ],
            unique=False,
        )
        batch_op.create_index(
            "ix_cards_received",
            [
                "received_at",
                "id",
                "branch",
                "owner_id",
                "salesperson_id",
                "inside_rep_id",
                "lead_owner_id",
                "generated_by",
            ],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_cards_salesperson_id"), ["salesperson_id"], unique=False)
        batch_op.create_index(
            "ix_cards_settled",
            [
                "owner_id",
                "settled_at",
                "stage_type",
                "currency",
                "value",
                "branch",
                "salesperson_id",
                "inside_rep_id",
                "lead_owner_id",
                "generated_by",
            ],
            unique=False,
            postgresql_where=sa.text("settled_at IS NOT NULL"),
            sqlite_where=sa.text("settled_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_cards_source",
            [
                "source",
                "received_at",
                "outcome",
                "steps",
                "currency",
                "value",
                "branch",
                "owner_id",
                "salesperson_id",
                "inside_rep_id",
                "lead_owner_id",
                "generated_by",
            ],
            unique=False,
        )
        batch_op.create_index(
            "ix_cards_take_over_by",
            [
                "take_over_by",
                "id",
                "branch",
                "owner_id",
                "salesperson_id",
                "inside_rep_id",
                "lead_owner_id",
                "generated_by",
            ],
            unique=False,
            postgresql_where=sa.text("take_over_by IS NOT NULL"),
            sqlite_where=sa.text("take_over_by IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_cards_team_id"), ["team_id"], unique=False)
        batch_op.create_index(
            "ix_cards_value",
            ["value", "id", "branch", "owner_id", "salesperson_id", "inside_rep_id", "lead_owner_id", "generated_by"],
            unique=False,
        )

    op.create_table(
        "estimates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("total_max", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("expires_at", columns.UtcDateTime(), nullable=True),
        sa.Column("drafted_at", columns.UtcDateTime(), nullable=True),
        sa.Column("sent_at", columns.UtcDateTime(), nullable=True),
        sa.Column("viewed_at", columns.UtcDateTime(), nullable=True),
        sa.Column("decided_at", columns.UtcDateTime(), nullable=True),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.Column("accepted_total", sa.BigInteger(), nullable=True),
        sa.Column("list_price", sa.BigInteger(), nullable=True),
        sa.Column("discount", sa.BigInteger(), nullable=True),
        sa.Column("rounds", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("estimates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_estimates_card_id"), ["card_id"], unique=False)
        batch_op.create_index("ix_estimates_state", ["state", "sent_at"], unique=False)

    op.create_table(
        "stages",
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("stage_type", sa.Text(), nullable=False),
        sa.Column("branch", sa.Uuid(), nullable=True),
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("entered_at", columns.UtcDateTime(), nullable=False),
        sa.Column("left_at", columns.UtcDateTime(), nullable=True),
        sa.Column("seconds", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("opportunity_id", "seq"),
    )
    with op.batch_alter_table("stages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stages_card_id"), ["card_id"], unique=False)
        batch_op.create_index(
            "ix_stages_stage",
            ["stage", "stage_type", "entered_at", "seconds", "branch", "salesperson_id"],
            unique=False,
        )

    op.create_table(
        "timeline",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("at", columns.UtcDateTime(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("words", columns.Json, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("timeline", schema=None) as batch_op:
        batch_op.create_index("ix_timeline_of", ["card_id", "at", "id"], unique=False)

    op.create_table(
        "words",
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("word", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("card_id", "told_by", "word"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("words", schema=None) as batch_op:
        batch_op.create_index("ix_words_word", ["word", "card_id"], unique=False)
