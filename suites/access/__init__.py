"""Who may resize."""
