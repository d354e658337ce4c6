"""What a real model does. Only here are torch and the counters that build on it imported, and only lazily:
importing this package alone imports nothing.
"""
