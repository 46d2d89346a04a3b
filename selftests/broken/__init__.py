"""Clusters that are broken on purpose: the suite must notice, in exactly the right cases, and say what is wrong."""
