"""Independent counters of what a model does: one file a source, each compared under its own convention.

A file of this folder with a ``count`` function is a counter: it takes a ``Subject`` and gives checks. What a
counter does not count, or cannot run, is an unchecked figure with its reason, never 0.
"""
