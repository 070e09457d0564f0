"""The snippets of the README and of other pages, as a reader would copy them."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
CARTS = ROOT / "docs" / "carts.md"
KEYS = ROOT / "docs" / "keys.md"


def snippet(name: str, page: Path = README) -> str:
    """The code block that follows a page's comment of this name."""
    text = page.read_text(encoding="utf-8")
    found = re.search(rf"<!-- snippet: {name} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found is not None, f"{page.name} has no snippet {name}"
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
