"""What people get who install the SDK: it, requests, and nothing of the server."""

import json
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import retoma

SOURCE = Path(__file__).parents[2] / "sdk_python"
REQUESTS_AND_ITS_OWN = {"requests", "certifi", "charset-normalizer", "idna", "urllib3"}


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; its errors are shown when it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder: Path) -> Path:
    """The wheel, built from a copy so that nothing is left in the source."""
    copied = shutil.copytree(SOURCE, folder / "source", ignore=shutil.ignore_patterns("*.egg-info", "build"))
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        folder,
        copied,
        cwd=folder,
    )
    (built,) = folder.glob("retoma-*.whl")
    return built


def install(wheel: Path) -> Path:
    """The interpreter of a fresh environment with the wheel and its dependencies in it."""
    folder = wheel.parent / "venv"
    venv.create(folder, with_pip=False)
    interpreter = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", interpreter, "install", "--quiet", wheel, cwd=wheel.parent)
    return interpreter


def test_an_install_brings_the_sdk_and_requests_and_no_server(tmp_path: Path) -> None:
    """The wheel is typed and holds the SDK alone; installed where nothing else is, it can be imported.

    One test, so that it is built once, whatever runs in parallel.
    """
    wheel = build(tmp_path)
    python = install(wheel)
    listing = run(sys.executable, "-m", "pip", "--python", python, "list", "--format", "json", cwd=tmp_path)
    code = "import retoma; print(retoma.Client('https://retoma.test').token, len(retoma.__all__))"

    names = zipfile.ZipFile(wheel).namelist()
    assert "retoma/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"retoma"}
    assert {each["name"].lower() for each in json.loads(listing)} == {"retoma", *REQUESTS_AND_ITS_OWN}
    assert run(python, "-I", "-c", code, cwd=tmp_path) == f"None {len(retoma.__all__)}\n"
