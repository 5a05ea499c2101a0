"""Programs as tasks: onelayer/Code-v0."""
