"""What can be set, service by service: where its shape is, and what setting each thing does."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.console.adapters.words import said


@dataclass(frozen=True)
class Topic:
    """What a service lets a company set: the schema's name in its document, and what setting it does."""

    title: str
    about: str
    schema: str
    hints: Mapping[str, str]


TOPICS: Mapping[str, Topic] = {
    "leads": Topic(
        said("Enquiries"), said("How soon an answer is due, what must be there, and what a lead scores."),
        "LeadSettings",
        {
            "response_minutes": said("In the branch's working hours. It counts for what comes in from now on."),
            "assign_by": said(
                "Who gets an enquiry that comes with nobody's name: whose turn it is, or who works the fewest. Nobody "
                "who is away."
            ),
            "assign_among": said(
                "Only those whose territory has the address, or whose skills name the trade or the product; as long as "
                "there is somebody."
            ),
            "required_fields": said(
                "What must be there to take an enquiry in, or to find it worth working; for a role or all."
            ),
            "type_rules": said(
                "Marketing, sales or product qualified by itself, when all that is given here holds; sources and "
                "campaigns one on a line. It only ever becomes more, and what somebody said by hand stands."
            ),
            "score_rules": said(
                "Points when the field equals a value or, without one, is filled in. At most 100 in all."
            ),
        },
    ),
    "opportunities": Topic(
        said("Stages and gates"), said("The way from the first call to the yes, and what must be true before a stage."),
        "OpportunitySettings",
        {
            "stages": said(
                "In their order. The probability weighs the board's sums. What stands in one that goes stays."
            ),
            "gates": said(
                "What must be there before a stage is entered. It counts for whatever enters from now on; that of the "
                "first stage, for an opportunity that is entered without an enquiry."
            ),
            "lost_reasons": said("What can be said when one is lost; “other” must be among them."),
            "lose_on_decline": said("An opportunity whose only offer was declined is lost by itself."),
            "financing_activities": said("One on a line."),
            "appointment_minutes": said("How long an appointment is unless somebody says otherwise."),
        },
    ),
    "estimates": Topic(
        said("Estimates and approvals"),
        said("How long an offer stands, tax, deposit, and what needs a manager's yes."),
        "EstimateSettings",
        {
            "valid_days": said("A draft is good for as many days from when it is sent."),
            "discount_limits": said("The largest discount in percent that a role gives by itself; else none."),
            "margin_floor": said("0.30 is 30 %. Below it a price needs an approval."),
            "margin_floors": said("The same for a role."),
            "deposit": said("What a new estimate asks for in advance: a percent or an amount."),
            "default_tax_code": said("For taxable lines without a code."),
            "cancel_business_days": said("So long the customer may take an acceptance back; work waits for it."),
        },
    ),
    "bookings": Topic(
        said("Bookings and job names"), said("What a job is called, what is ticked before hand-over, and the times."),
        "BookingSettings",
        {
            "naming_template": said(
                "Made of {customer}, {last_name}, {street}, {city}, {trade}, {yyyy}, {seq:000} and the like."
            ),
            "naming_sequence": said("Within what {seq} counts."),
            "sale_creates": said("A task leaves making the job to the office."),
            "moves": said(
                "What belongs to the job once there is one. The answers are those of the profile sets, for the crew; "
                "so are the files, photos and documents."
            ),
            "acknowledge_minutes": said("So long operations have to accept; then everybody concerned is alerted."),
            "sale_minutes": said("A sale that is not work after so long is alerted."),
            "checklist": said("What is ticked before a booking may go to operations; for those made from now on."),
        },
    ),
    "notifications": Topic(
        said("Notifications"), said("How people are told unless they say otherwise themselves."),
        "NotificationSettings",
        {
            "channels": said("One on a line: in_app, email, chat."),
            "quiet_hours": said("No e-mail or chat between these, by the branch's clock."),
            "response_warning_minutes": said("So long before an answer is due."),
            "expiring_days": said("So long before an offer runs out."),
        },
    ),
}  # fmt: skip
