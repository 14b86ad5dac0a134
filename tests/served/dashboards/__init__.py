"""A package, since fixtures of that scope otherwise last until the end of the run."""
