"""What goes in, checked; and what comes out, described: one file a resource."""
