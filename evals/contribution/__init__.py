"""Layer contribution: how much of full training one layer recovers."""
