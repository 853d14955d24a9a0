"""Floor 3: what it means: criticality and pass/fail criteria."""
