"""The one page of all that was measured; each benchmark writes its own section of it."""

import re
from pathlib import Path

PAGE = Path(__file__).parent / "results.md"
SECTIONS = ("server", "hot_path", "javascript", "carts", "counter", "kills", "fuzzing", "timing")


def write_section(name: str, text: str) -> None:
    """Put a section in the place of the one that the last run wrote."""
    sections = read_sections(PAGE.read_text()) | {name: text.strip()}
    known = [f"<!-- {each} -->\n\n{sections[each]}\n" for each in SECTIONS if each in sections]
    PAGE.write_text("# Measured\n\n" + "\n".join(known))


def read_sections(page: str) -> dict[str, str]:
    """The sections of the page by name."""
    parts = re.split(r"^<!-- (\w+) -->\n", page, flags=re.MULTILINE)
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}
