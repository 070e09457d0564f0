"""The snippets of the README, as a reader would copy them."""

import re
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def snippet(name: str) -> str:
    """The code block that follows the README's comment of this name."""
    text = README.read_text(encoding="utf-8")
    found = re.search(rf"<!-- snippet: {name} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found is not None, f"the README has no snippet {name}"
    return found[1]


def with_values(code: str, **values: str) -> str:
    """The code with what a reader puts in: the server's address and the keys that it printed."""
    for placeholder, value in values.items():
        code = code.replace(PLACEHOLDERS[placeholder], value)
    return code


PLACEHOLDERS = {
    "url": "http://localhost:8080",
    "publishable_key": "pk_…",
    "secret_key": "sk_…",
    "staff_token": "sf_…",
}
