"""Which devices this running instance has noted lately, so that a list of devices costs requests nothing."""

from collections.abc import Callable
from time import monotonic

NOTED_EVERY = 300.0
"""Seconds for which a device that was noted is not noted again."""
KEPT_AT_MOST = 100_000

Sighting = tuple[str, str, int]
"""A tenant, the holder of a device, and when its customer signed in on it, where its tokens say that."""


class Sightings:
    """Devices that were noted within the last minutes."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """`clock` counts seconds."""
        self._clock = clock
        self._noted: dict[Sighting, float] = {}

    def is_due(self, sighting: Sighting) -> bool:
        """Whether a device is to be noted; True for one caller alone, until it is due again."""
        now = self._clock()
        if now < self._noted.get(sighting, 0.0):
            return False
        if len(self._noted) >= KEPT_AT_MOST:
            self._noted.clear()
        self._noted[sighting] = now + NOTED_EVERY
        return True

    def missed(self, sighting: Sighting) -> None:
        """Let a device be due at once that could not be noted."""
        self._noted.pop(sighting, None)
