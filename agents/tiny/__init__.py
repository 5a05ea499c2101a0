"""The model that ships: its folder is what `--model tiny` loads."""
