"""What chooses the next action."""
