"""The house: which floor may call which, what nothing is named, and what locks never hold."""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import retoma_server

ROOT = Path(__file__).parent.parent
SERVER = ROOT / "server" / "retoma_server"
PRODUCT = [SERVER, ROOT / "sdk_python" / "retoma", ROOT / "sdk_js" / "src"]
FLOORS = ("domain", "adapters", "actions", "http", "console", "entrance")
BANNED = {"utils", "util", "common", "helpers", "helper", "base", "manager", "core"}


def floor_of(module: str) -> str:
    """The floor of a module of the server, by its dotted name; what lies beside the floors is entrance."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FLOORS else "entrance"


def dotted(path: Path) -> str:
    """The dotted name of a file of the server."""
    parts = path.relative_to(SERVER.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a file of the server imports, anywhere in it, relative ones made whole."""
    package = dotted(path) if path.name == "__init__.py" else dotted(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            origin = parents[: len(parents) + 1 - node.level] if node.level else []
            source = ".".join([*origin, *([node.module] if node.module else [])])
            yield from (f"{source}.{name.name}" for name in node.names)


def sources() -> list[Path]:
    """Every Python file of the server."""
    return sorted(SERVER.rglob("*.py"))


def named(path: Path) -> str:
    """A file as the test's name shows it."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", sources(), ids=named)
def test_imports_go_down_only(path: Path) -> None:
    """A file imports from its own floor and those below it, never from above."""
    own = FLOORS.index(floor_of(dotted(path)))
    if path == SERVER / "__init__.py":
        own = 0
    inside = [name for name in imported(path) if name.startswith("retoma_server.") and name not in VERSION]
    assert [name for name in inside if FLOORS.index(floor_of(name)) > own] == []


VERSION = ("retoma_server.__version__",)
"""Lies above every floor and is known on each."""


@pytest.mark.parametrize("path", sorted((SERVER / "domain").glob("*.py")), ids=named)
def test_the_domain_knows_the_standard_library_only(path: Path) -> None:
    """The domain needs nothing installed: no clock of a store, no framework, no I/O library."""
    roots = {name.partition(".")[0] for name in imported(path)} - {"retoma_server"}
    assert roots <= sys.stdlib_module_names
    assert not roots & {"time", "random", "secrets", "uuid", "os", "socket", "threading", "logging"}


def test_the_floors_are_told_apart() -> None:
    """The test above can fail: a domain file that imported an action would be found."""
    assert floor_of("retoma_server.domain.drafts") == "domain"
    assert floor_of("retoma_server.actions.drafts") == "actions"
    assert floor_of("retoma_server.app") == "entrance"
    desk = imported(SERVER / "actions" / "desk.py")
    assert {"retoma_server.actions.records", "retoma_server.domain.drafts.Draft"} <= set(desk)


def test_only_settings_reads_the_environment() -> None:
    """What an operator can set stands in one table, so nothing else looks into the environment."""
    reading = re.compile(r"os\.(getenv|environ\[|environ\.get)")
    assert [path for path in sources() if reading.search(path.read_text(encoding="utf-8"))] == []
    assert "os.environ" in (SERVER / "adapters" / "settings.py").read_text(encoding="utf-8")


def test_files_are_named_for_what_they_hold() -> None:
    """No product file or folder has a name that could hold anything."""
    suffixes = {".py", ".ts", ".tsx", ".html", ".css"}
    files = [path for room in PRODUCT for path in room.rglob("*") if path.suffix in suffixes]
    assert len(files) > 60
    assert [path for path in files if BANNED & {part.lower() for part in (path.stem, path.parent.name)}] == []


def test_locks_carry_no_address() -> None:
    """A lock names packages, versions and hashes; where they come from is each machine's own affair."""
    for folder in ("sdk_js", "benchmarks/carts"):
        lock = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))
        assert len(lock["packages"]) > 10
        assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in constraints if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


def test_every_python_package_is_locked() -> None:
    """`constraints.txt` covers everything that the two packages and the groups ask for."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    server, sdk, root = (project(folder) for folder in ("server", "sdk_python", "."))
    groups = root["dependency-groups"]
    asked = (
        server["project"]["dependencies"] + sdk["project"]["dependencies"] + groups["dev"] + groups["fuzz"]
    )
    missing = {normal(each) for each in asked} - {normal(line) for line in lines}
    assert missing == set()


def test_three_packages_have_one_version() -> None:
    """Server, Python SDK and npm package are released together."""
    package = json.loads((ROOT / "sdk_js" / "package.json").read_text(encoding="utf-8"))
    versions = {project(folder)["project"]["version"] for folder in ("server", "sdk_python")}
    assert versions == {package["version"]} == {retoma_server.__version__}


def project(folder: str) -> dict[str, Any]:
    """The pyproject.toml of a folder."""
    return tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))


def normal(requirement: str) -> str:
    """A requirement's package, in the form in which names are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[=<>~!\[]", requirement)[0]).lower()


def test_typed_packages_say_so() -> None:
    """Both Python packages carry their types to whoever installs them (PEP 561)."""
    assert (SERVER / "py.typed").exists()
    assert (ROOT / "sdk_python" / "retoma" / "py.typed").exists()
