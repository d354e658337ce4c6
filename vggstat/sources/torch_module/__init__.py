"""A network from a torch model: run once over shapes, with every call noted. torch is imported lazily."""
