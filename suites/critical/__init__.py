"""Critical pods."""
