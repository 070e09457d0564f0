"""One verb, one function: what the server does, each taking its collaborators first."""
