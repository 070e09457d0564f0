"""The staff console at `/staff`: pages of this server for the person behind the counter."""
