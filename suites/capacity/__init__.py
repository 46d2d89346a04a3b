"""More than the node has."""
