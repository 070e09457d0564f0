"""The rules of drafts, merging, handoffs and access: pure functions over frozen values."""
