"""Walking: people and animals on their feet."""
