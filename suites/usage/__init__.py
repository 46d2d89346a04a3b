"""What the workload really gets."""
