"""Nodes in User-Mode Linux: a kernel of their own as an ordinary program, on any host and without root."""
