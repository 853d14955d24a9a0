"""How bodies move: against closed forms, published models, and one physics against the other."""
