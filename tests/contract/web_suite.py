"""What the HTTP edge promises every service, on any database: all of it, for one database at a time."""

import pytest

from libs.common.orm import Database
from tests.contract.web_answers import Answers
from tests.contract.web_backlog import Backlog
from tests.contract.web_bodies import Bodies
from tests.contract.web_crowds import Crowds
from tests.contract.web_health import Health
from tests.contract.web_lists import Lists
from tests.contract.web_once import OneEffect
from tests.contract.web_people import People
from tests.contract.web_world import World


class WebSuite(OneEffect, Crowds, Lists, Bodies, People, Answers, Health):
    """Subclasses give ``database``."""

    @pytest.fixture
    def world(self, database: Database) -> World:
        return World(database)


class BacklogSuite(Backlog):
    """Apart, as its worlds have other limits."""

    @pytest.fixture
    def world(self, database: Database) -> World:
        return World(database)
