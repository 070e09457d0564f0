"""What is installed with the server: the console's pages too, with all that they are drawn with."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import retoma_server

SOURCE = Path(retoma_server.__file__).parents[1]
LEFT_OUT = shutil.ignore_patterns("*.egg-info", "build", "__pycache__", "sdk")


def test_the_wheel_holds_the_console(tmp_path: Path) -> None:
    """Every template, catalog, style, script and licence of it."""
    copied = shutil.copytree(SOURCE, tmp_path / "source", ignore=LEFT_OUT)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, copied]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = tmp_path.glob("retoma_server-*.whl")
    console = SOURCE / "retoma_server" / "console"
    files = {path.relative_to(SOURCE).as_posix() for path in console.rglob("*") if path.is_file()}
    wanted = {name for name in files if "__pycache__" not in name}
    assert len(wanted) > 30
    assert wanted - set(zipfile.ZipFile(built).namelist()) == set()
