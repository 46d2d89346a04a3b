"""A cluster of real Kubernetes components run as plain processes in namespaces of their own."""
