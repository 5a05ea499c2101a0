"""How the agent gets better."""
