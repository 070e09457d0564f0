"""The business's own site: the form, and what it does with one that is sent."""

import sys
from pathlib import Path
from urllib.parse import parse_qsl

import retoma

from ..site import Answer, Asked, Site, file, filled

HERE = Path(__file__).parent
FILES = ("page.css", "steps.js")

Answers = dict[str, list[str]]


class Shop(Site):
    """The form's site.

    `service` speaks with the secret key; `values` are put into the page. `applications` are the forms
    that were sent, oldest first.
    """

    def __init__(self, url: str, service: retoma.Client, values: dict[str, str]) -> None:
        """Listen; raises OSError where the port is taken."""
        super().__init__(url)
        self.applications: list[Answers] = []
        self._service = service
        self._values = values

    def answer(self, asked: Asked) -> Answer | None:
        """The form, its files, and the page of thanks."""
        name = asked.path.removeprefix("/")
        if (asked.method, name) == ("POST", "applications"):
            return Answer(self.receive(read(asked.body)))
        if name == "":
            return Answer(filled(HERE / "index.html", self._values))
        return file(HERE / name) if name in FILES else None

    def receive(self, answers: Answers) -> bytes:
        """Take an application in; returns the page of thanks.

        The form that was sent is what counts. Its draft is completed, so that no device goes on with it;
        where that fails the application is taken in all the same, and the draft expires by itself.
        """
        self.applications.append(answers)
        if "retoma_draft" in answers:
            try:
                complete(self._service, answers["retoma_draft"][0])
            except retoma.RetomaError as error:
                print(f"The draft stays open: {error}", file=sys.stderr)
        return filled(HERE / "thanks.html", {"name": answers.get("applicant.name", [""])[0]})


def read(body: bytes) -> Answers:
    """A form that was sent."""
    answers: Answers = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        answers.setdefault(name, []).append(value)
    return answers


def complete(service: retoma.Client, draft_id: str) -> None:
    """Complete a draft; its last edit may arrive while that is going on."""
    draft = service.get(draft_id)
    try:
        draft.complete(keep_stored=True)
    except retoma.ConflictError:
        service.get(draft_id).complete(keep_stored=True)
