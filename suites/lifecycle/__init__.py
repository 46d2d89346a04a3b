"""The ends of a pod's life."""
