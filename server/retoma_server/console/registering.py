"""Puts the console into an app: importing a page registers its views on the blueprint."""

from flask import Flask

from .blueprint import console
from .pages import (  # noqa: F401  # each registers its views
    activity,
    asking,
    beginning,
    devices,
    editing,
    entries,
    finding,
    handing_back,
    help,
    home,
    overriding,
    people,
    provider,
    record,
    revealing,
    sign_in,
    stores,
    writing,
)
from .refusing import register_refusals

register_refusals(console)


def register_console(app: Flask) -> None:
    """Serve the console at `/staff`."""
    app.register_blueprint(console)
