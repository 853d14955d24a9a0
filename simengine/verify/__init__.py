"""Floor 5: scenarios as tests."""
