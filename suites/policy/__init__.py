"""resizePolicy."""
