"""Floor 5: Gymnasium environments, single and vectorised."""
