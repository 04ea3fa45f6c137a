"""Pages in their readers' language: what each app's templates call gettext and ngettext."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask.sansio.app import App

from libs.common import texts


def speak(app: App, folder: Callable[[], Path], language: Callable[[], str]) -> None:
    """Gives an app's pages ``_``, ``ngettext`` and ``language``: called once, as the app is made."""

    def one(__text: str, **variables: Any) -> Any:
        """A text of ours, or what a service says: never markup, never a format without variables."""
        return texts.one(folder(), language(), __text, variables)

    def many(__one: str, __many: str, __n: int, **variables: Any) -> Any:
        return texts.many(folder(), language(), (__one, __many), __n, variables)

    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.globals.update(gettext=one, ngettext=many, language=language)
