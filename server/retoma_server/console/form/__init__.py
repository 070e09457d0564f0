"""From a process's schema and what is answered to a form that a member of staff reads and fills in."""
