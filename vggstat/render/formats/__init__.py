"""One file a format: each has ``pieces(page, target)``, the text bit by bit, which ends in a newline."""
