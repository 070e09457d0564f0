"""The console's views, one file a page; each is registered on the blueprint `console`."""
