"""Carts measured beside a database of whole documents, on the same load and machine."""
