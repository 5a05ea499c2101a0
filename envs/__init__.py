"""Tasks an agent acts in. No module here imports torch."""
