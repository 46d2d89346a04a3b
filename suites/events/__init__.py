"""Cases: what events tell of a resize, and how often."""
