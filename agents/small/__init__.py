"""The model that ships for ALFWorld's whole houses: its folder is what `--model small` loads."""
