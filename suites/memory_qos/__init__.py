"""Memory protection and throttling (MemoryQoS)."""
