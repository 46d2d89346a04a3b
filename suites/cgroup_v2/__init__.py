"""What only cgroup v2 shows."""
