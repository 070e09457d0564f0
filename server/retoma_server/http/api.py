"""The API: all resources, and their description, which is made when it is first asked for."""

from collections.abc import Callable
from threading import Lock

import flask_smorest
from flask import Flask, Response


class Api(flask_smorest.Api):
    """The API and its description, without flask-smorest's own kind of error.

    It is described when somebody first asks for that: it takes longer than all else that an app is made of.
    """

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask) -> None:
        """An API without a view yet."""
        self._undescribed: list[Callable[[], None]] = []
        self._describing = Lock()
        self._fault: Exception | None = None
        super().__init__(app)

    def describe_later(self, describe: Callable[[], None]) -> None:
        """Let this add to the description before it is first given."""
        self._undescribed.append(describe)

    def _openapi_json(self) -> Response:
        """The description, for several who ask at once; a fault in it is told each time, never a part."""
        with self._describing:
            if self._fault is not None:
                raise self._fault
            try:
                while self._undescribed:
                    self._undescribed.pop(0)()
            except Exception as fault:
                self._fault = fault
                raise
        answer: Response = super()._openapi_json()
        return answer

    def _register_error_handlers(self) -> None:
        """Leave errors to `problems.py`."""

    def _register_responses(self) -> None:
        """Leave the description of errors to `Blueprint.fails`."""
