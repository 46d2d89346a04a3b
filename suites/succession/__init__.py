"""Several resizes one after the other."""
