"""Retoma's server: drafts that go on where another device left off."""

__version__ = "0.1.0"
