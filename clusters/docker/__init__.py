"""Clusters whose nodes are containers of a Docker engine, made by the real kind and k3d command line tools."""
