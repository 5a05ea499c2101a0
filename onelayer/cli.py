"""The `onelayer` program."""


def main() -> None:
    """Run the command line."""
