"""Events about resizes."""
