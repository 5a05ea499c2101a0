"""Running programs that nobody trusts, and judging them where they cannot lie."""
