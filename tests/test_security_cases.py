"""The eighty bad requests of docs/security.md: each is held by a test that names it, or said not to be."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"\(cases? ([\d, ]+)\)")
ROW = re.compile(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"`(test_\w+)` \(([\w/]+\.py)\)")
ALL = set(range(1, 81))
WAITING = {60, 61, 62, 74}
"""Of webhooks, and of replicas."""


def named() -> Iterator[tuple[int, tuple[str, str]]]:
    """Every number that a test's docstring names, with the test and its file."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        file = path.relative_to(ROOT / "tests").as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for numbers in NAMED.findall(ast.get_docstring(node) or ""):
                    yield from ((int(number), (node.name, file)) for number in numbers.split(","))


def rows() -> dict[int, set[tuple[str, str]]]:
    """The tests that the page lists for each number."""
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    return {int(number): set(TEST.findall(tests)) for number, tests in ROW.findall(page)}


def test_every_case_is_held_by_a_test() -> None:
    """Whoever removes the last test of a case, or renames what holds it, hears of it here."""
    assert {number for number, _ in named()} == ALL - WAITING


def test_the_page_lists_the_tests_that_name_a_case() -> None:
    """A row for each number, with the very tests whose docstrings name it; none for those that wait."""
    holding: dict[int, set[tuple[str, str]]] = {number: set() for number in ALL}
    for number, test in named():
        holding[number].add(test)
    assert rows() == holding
