"""Measuring a real model on a real device: the stopwatch and everything that needs torch around it."""
