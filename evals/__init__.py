"""How good an agent is on held-out tasks."""
