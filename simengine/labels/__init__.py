"""Floor 3: what is true, and what could be seen."""
