"""What the pod says."""
