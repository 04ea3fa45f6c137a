"""What can be done with people, teams and branches."""

from services.console.adapters.words import said
from services.console.api.acts.act import Act, Field
from services.console.api.acts.leads import ADDRESS

PERSON, TEAM, BRANCH = "/staff/people/<person_id>", "/staff/teams/<team_id>", "/staff/branches/<branch_id>"
PEOPLE_PAGE, TEAMS_PAGE, BRANCHES_PAGE = "/settings/people", "/settings/teams", "/settings/branches"
KINDS = (("sales", said("Sales")), ("operations", said("Operations")))
DAYS = (
    ("monday", said("Monday")), ("tuesday", said("Tuesday")), ("wednesday", said("Wednesday")),
    ("thursday", said("Thursday")), ("friday", said("Friday")), ("saturday", said("Saturday")),
    ("sunday", said("Sunday")),
)  # fmt: skip
SPANS = said("Hours such as 08:00-12:00, 13:00-17:00. Empty: closed; where every day is empty, open round the clock.")
CALENDAR = (
    *(Field(f"calendar.hours.{day}", name, "hours", folded=True, hint=SPANS if day == "monday" else "")
      for day, name in DAYS),
    Field(
        "calendar.holidays", said("Holidays"), "holidays", folded=True,
        hint=said("One on a line, the day first: 2026-12-25 Christmas."),
    ),
)  # fmt: skip
OF_A_PERSON = (
    Field("name", said("Name"), required=True),
    Field("email", said("E-mail"), "email", required=True),
    Field("roles", said("Roles"), "many", required=True, choices="roles"),
    Field("branch", said("Branch"), "choice", choices="branches_or_all"),
    Field("phone", said("Phone"), "tel"),
    Field("skills", said("Skills"), "lines", hint=said("One on a line."), folded=True),
    Field("territory", said("Territory: ZIP codes"), "several", hint=said("One on a line."), folded=True),
    *CALENDAR,
)
OF_A_TEAM = (
    Field("name", said("Name"), required=True),
    Field("kind", said("Kind"), "pick", required=True, choices=KINDS, first="sales"),
    Field("branch", said("Branch"), "choice", choices="branches_or_all"),
    Field("lead_id", said("Who leads it"), "choice", choices="people"),
    Field(
        "acknowledge_minutes", said("Minutes to accept work"), "whole", folded=True,
        hint=said("Left out: as the branch has it."),
    ),
)  # fmt: skip
OF_A_BRANCH = (
    Field("name", said("Name"), required=True),
    Field("time_zone", said("Time zone"), required=True, hint=said("Such as America/Chicago.")),
    Field("currency", said("Currency"), required=True, hint=said("Three letters, such as USD.")),
    Field("locale", said("Language and country"), hint=said("Such as en_US.")),
    Field("phone", said("Phone"), "tel"),
    Field("email", said("E-mail"), "email"),
    *ADDRESS,
    Field("trades", said("Trades"), "lines", hint=said("One on a line.")),
    Field("service_area", said("Area: ZIP codes"), "several", hint=said("One on a line."), folded=True),
    *CALENDAR,
)

ACTS = (
    Act(
        "person.add", "POST /staff/people", "staff.admin", said("Add somebody"), PEOPLE_PAGE, icon="plus", look="go",
        title=said("Who starts here?"), fields=OF_A_PERSON, done=said("Added. With a password they can sign in."),
        then=PEOPLE_PAGE + "/{id}",
    ),
    Act(
        "person.edit", f"PATCH {PERSON}", "staff.admin", said("Edit"), f"{PEOPLE_PAGE}/<person_id>", icon="pen",
        title=said("Correct or complete"), fields=OF_A_PERSON, edits=True, done=said("Saved."),
    ),
    Act(
        "person.password", f"POST {PERSON}/password", "staff.admin", said("Give a password"),
        f"{PEOPLE_PAGE}/<person_id>", icon="lock", title=said("Which password do they get?"),
        fields=(Field("password", said("Password"), "password", required=True),),
        done=said("Given. Tell it to nobody but them."),
    ),
    Act(
        "person.absence", f"POST {PERSON}/absence", "staff.admin", said("Away, or here again"),
        f"{PEOPLE_PAGE}/<person_id>", icon="calendar", title=said("When are they away, and who stands in?"),
        about=said("All left empty: they are here again."),
        fields=(
            Field("from", said("From"), "moment", begins="absence.from"),
            Field("until", said("Until"), "moment", hint=said("Left out: nobody knows yet."), begins="absence.until"),
            Field("cover_id", said("Who stands in"), "choice", choices="people", begins="absence.cover_id"),
        ),
        done=said("Noted."),
    ),
    Act(
        "person.deactivate", f"POST {PERSON}/deactivate", "staff.admin", said("They left"),
        f"{PEOPLE_PAGE}/<person_id>", "deactivate", icon="x", look="stop", ask_first=True,
        title=said("Have they left?"), about=said("They can no longer sign in. It can be taken back."),
        done=said("They can no longer sign in."),
    ),
    Act(
        "person.activate", f"POST {PERSON}/activate", "staff.admin", said("They are back"),
        f"{PEOPLE_PAGE}/<person_id>", "activate", icon="undo", done=said("They can sign in again."),
    ),
    Act(
        "team.form", "POST /staff/teams", "staff.admin", said("Form a team"), TEAMS_PAGE, icon="plus", look="go",
        title=said("A new team"),
        fields=(*OF_A_TEAM, Field("member_ids", said("Members"), "many", choices="everybody")),
        done=said("Formed."), then=TEAMS_PAGE + "/{id}",
    ),
    Act(
        "team.edit", f"PATCH {TEAM}", "staff.admin", said("Edit"), f"{TEAMS_PAGE}/<team_id>", icon="pen",
        title=said("Correct or complete"), fields=OF_A_TEAM, edits=True, done=said("Saved."),
    ),
    Act(
        "team.members", f"POST {TEAM}/members", "staff.admin", said("Who is in it"), f"{TEAMS_PAGE}/<team_id>",
        icon="user", title=said("Who is in it from now on?"),
        fields=(Field("person_ids", said("Members"), "many", choices="everybody", begins="member_ids"),),
        done=said("Saved."),
    ),
    Act(
        "branch.open", "POST /staff/branches", "staff.admin", said("Open a branch"), BRANCHES_PAGE, icon="plus",
        look="go", title=said("A new branch"), fields=OF_A_BRANCH, done=said("Opened."), then=BRANCHES_PAGE + "/{id}",
    ),
    Act(
        "branch.edit", f"PATCH {BRANCH}", "staff.admin", said("Edit"), f"{BRANCHES_PAGE}/<branch_id>", icon="pen",
        title=said("Correct or complete"), fields=OF_A_BRANCH, edits=True, done=said("Saved."),
    ),
)  # fmt: skip
