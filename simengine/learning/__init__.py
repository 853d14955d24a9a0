"""Floor 5: agents; the only home of torch."""
