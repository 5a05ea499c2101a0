"""The evaluation suites that ship, as YAML."""
