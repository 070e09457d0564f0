"""What Retoma costs, measured against a bare Flask hello on the same server in the same run."""
