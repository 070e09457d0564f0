"""The story as it is printed: who does what, on which device."""

import sys
from typing import Any, TextIO

COLOURS = {"Desktop": 36, "Phone": 35, "Marta": 33}
"""By who speaks; ANSI foreground colours."""
DIM, BOLD, GREEN, RED = 2, 1, 32, 31


class Transcript:
    """Prints to `out`: coloured where somebody watches, plain where it goes to a file."""

    def __init__(self, out: TextIO = sys.stdout, *, coloured: bool) -> None:
        """Take note of where to print."""
        self._out = out
        self._coloured = coloured
        self._speaker = ""

    def chapter(self, title: str) -> None:
        """A new part of the story."""
        self._speaker = ""
        self.line(f"\n  {self._paint(BOLD, title)}")

    def tell(self, who: str, what: str) -> None:
        """Somebody does something."""
        name = "" if who == self._speaker else who
        self._speaker = who
        self.line(f"  {self._paint(COLOURS[who], f'{name:9}')} {what}")

    def enter(self, who: str, field: str, value: Any, note: str = "") -> None:
        """Somebody fills in a field."""
        self.tell(who, f"{field:16} {value}{self._paint(DIM, f'   {note}') if note else ''}")

    def aside(self, what: str) -> None:
        """What the reader should notice."""
        self.line(f"  {'':9} {self._paint(DIM, what)}")

    def figure(self, name: str, value: str, *, good: bool = True) -> None:
        """One of the figures at the end."""
        self.line(f"  {name}: {self._paint(GREEN if good else RED, value)}")

    def line(self, text: str = "") -> None:
        """Print a line at once."""
        print(text, file=self._out, flush=True)

    def _paint(self, code: int, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._coloured else text
