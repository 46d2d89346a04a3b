"""A kubelet that is restarted."""
