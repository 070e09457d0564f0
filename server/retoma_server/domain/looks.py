"""How a tenant shows itself on pages for people: its name in each language, and one colour of its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

READABLE = 4.5
"""The contrast of letters that WCAG 2.2 asks for (1.4.3, level AA)."""
SHEET, DARK_SHEET = "#ffffff", "#192225"
"""What the colour stands on, or has on it, by day and by night; `retoma.css` has them too."""
STEPS = 20
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)


class NotAColour(ValueError):
    """Raised for a text that is not `#` and six digits."""


class TooPale(ValueError):
    """Raised for a colour on which white letters cannot be read; `contrast` is what they would have."""

    def __init__(self, contrast: float) -> None:
        self.contrast = contrast
        super().__init__(f"contrast {contrast:.2f}")


@dataclass(frozen=True, slots=True)
class Look:
    """The names by language, and the colour (`#rrggbb`) of buttons and links; None for Retoma's own."""

    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    colour: str | None = None

    def name(self, language: str, otherwise: str) -> str:
        """The name in a language, else in any language there is, else another one."""
        return self.names.get(language) or next(iter(self.names.values()), otherwise)

    @property
    def dark_colour(self) -> str | None:
        """The colour for dark pages."""
        return None if self.colour is None else lightened(self.colour)


def checked_colour(text: str) -> str:
    """A colour in its one form, which can be read on white and white on it.

    Raises NotAColour, TooPale.
    """
    colour = text.lower()
    if not _COLOUR.fullmatch(colour):
        raise NotAColour
    found = contrast(colour, SHEET)
    if found < READABLE:
        raise TooPale(found)
    return colour


def lightened(colour: str) -> str:
    """A colour with as much white in it as it takes to be read on a dark page."""
    shades = (mixed(colour, SHEET, step / STEPS) for step in range(STEPS + 1))
    return next(shade for shade in shades if contrast(shade, DARK_SHEET) >= READABLE)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21, as WCAG 2.2 defines it."""
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of a colour, as WCAG 2.2 defines it."""
    red, green, blue = (linear(part / 255) for part in parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(part: float) -> float:
    """A part of an sRGB colour as an amount of light."""
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def mixed(one: str, other: str, share: float) -> str:
    """A colour with a share of another one in it."""
    pairs = zip(parts(one), parts(other), strict=True)
    return "#" + "".join(f"{round(mine + (theirs - mine) * share):02x}" for mine, theirs in pairs)


def parts(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of a colour, each from 0 to 255."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue
