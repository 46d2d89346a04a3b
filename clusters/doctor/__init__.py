"""What this machine has for clusters and what it lacks: for people, and before each run."""
