"""The model that ships for ALFWorld as it is: its folder is what `--model small` loads."""
