"""Pages of the documentation that a check writes."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]  # of the repository


def write_page(name: str, text: str) -> None:
    """Put a page into docs/, whole or not at all."""
    page = ROOT / "docs" / name
    part = page.with_name(f".{page.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, page)
