"""One file a format: each has ``render(page, target) -> str``."""
