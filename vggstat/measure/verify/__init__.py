"""The graph confronted with a real model: independent counters, a real forward pass, and other people's models."""
