"""Writing a graph for others: as Python source for torch, and as an ONNX model."""
