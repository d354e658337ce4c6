"""Where networks come from: each source returns a graph, or the tensors that a file of weights holds."""
