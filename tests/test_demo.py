"""`make demo ONCE=1`: the whole job through the real SDKs and console, with figures that were measured."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_the_demo_loses_nothing_and_ends_well() -> None:
    """It enters fields on three devices, keeps one conflict, loses nothing, and says how fast it was seen."""
    done = subprocess.run(
        [sys.executable, "-m", "examples.three_devices.demo", "--once", "--port", "0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = dict(re.findall(r"^  (\S.*): (.+)$", done.stdout.rpartition("Measured")[2], re.MULTILINE))
    assert int(figures["fields entered"]) >= 10
    assert figures["fields lost"] == "0"
    assert figures["conflicts kept"] == "1"
    assert figures["pieces put into the cart"] == "5"
    assert figures["pieces lost or doubled"] == "0"
    assert figures["orders made of it"] == "1"
    assert re.fullmatch(r"\d+ ms \(median of \d+\)", figures["saved → seen on the other device"])
    assert "Marta, store" in done.stdout
    assert "sees A•••, a•••@e•••.com" in done.stdout
