"""Floor 1: from YAML with distributions to a concrete scenario with numbers only."""
