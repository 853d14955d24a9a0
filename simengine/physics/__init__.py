"""Floor 2: what the world lets them do."""
