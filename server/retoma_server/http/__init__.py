"""The HTTP edge: knows Flask, calls actions."""
