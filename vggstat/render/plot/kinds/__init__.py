"""The kinds of plots, one file each."""
