"""Promises of the domain: pure functions, so nothing here needs a server or a store."""
