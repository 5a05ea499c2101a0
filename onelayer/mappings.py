"""Arguments by name, as one line of YAML: ``{room_size: 5}``."""

from typing import Any

import yaml


def parse_mapping(text: str, name: str, example: str = "{room_size: 5}") -> dict[str, Any]:
    """Read a YAML or JSON mapping such as ``{room_size: 5}``; an empty text is an empty mapping.

    Raises:
        ValueError: ``text`` is no mapping of names to values; the message begins with ``name``.
    """
    try:
        value = yaml.safe_load(text) if text.strip() else {}
    except yaml.YAMLError:
        value = None
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ValueError(f"{name} takes a mapping such as '{example}', got {text!r}")
    return value
