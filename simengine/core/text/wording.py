"""Words around figures."""


def counted(number: int, word: str) -> str:
    """Return a number of things in words: "1 episode", "2 episodes"."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
