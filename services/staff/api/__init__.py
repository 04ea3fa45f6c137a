"""Staff over HTTP, divided by what it is about."""

from services.staff.api import branches, people, signin, teams

BLUEPRINTS = (signin.bp, people.bp, teams.bp, branches.bp)
