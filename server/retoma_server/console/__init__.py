"""The console: pages on which staff help a customer."""
