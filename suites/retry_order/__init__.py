"""Which of several waiting resizes comes first."""
