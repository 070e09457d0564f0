"""The plain form in a real browser, on the real server, with the shop that takes it in."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from examples.plain_form.stage import PROCESS, stage

import retoma
from tests.e2e.stories import tell

README = Path(__file__).parents[2] / "examples" / "plain_form" / "README.md"


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_the_form_comes_back_and_is_completed_when_it_is_sent(tmp_path: Path) -> None:
    """What people see is in the story; the shop has the whole form, the closed draft all but its password."""
    with stage(tmp_path) as at:
        tell("plain_form", PAGE=at.shop.url)
        drafts = list(retoma.Client(at.server, at.secret_key).drafts(PROCESS, status="completed"))

    (sent,) = at.shop.applications
    assert sent["applicant.name"] == ["Ann Doyle"]
    assert sent["password"] == ["correct horse"]
    assert sent["retoma_draft"] == [drafts[0].id]
    assert [draft.data["home"] for draft in drafts] == [{"kind": "house", "price": 210000, "first": True}]
    assert "password" not in drafts[0].data


def test_the_curl_line_completes_a_draft(tmp_path: Path) -> None:
    """The line in the README completes a draft as it stands."""
    line = re.search(r"<!-- snippet: complete -->\n```sh\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert line is not None
    with stage(tmp_path) as at:
        draft = retoma.Client(at.server, at.publishable_key).visitor().draft(PROCESS)
        draft.set("applicant.name", "Ann")
        draft.save()
        values = {"RETOMA": at.server, "RETOMA_DRAFT": draft.id, "SECRET_KEY": at.secret_key}

        subprocess.run(["bash", "-euc", line[1]], env=os.environ | values, check=True, capture_output=True)

        assert retoma.Client(at.server, at.secret_key).get(draft.id).status == "completed"
