"""From a graph to a spec: structure found from its edges, short forms chosen, text laid out.

wiring       who reads what; parts of maps put where the language makes them
refusals     the layers that the language has no words for
tree         the steps of lists on their way to the text
parts        the blocks, the head and the classifier: along the scopes of a spec's graph, or by edges
parsing      lists of steps out of nodes: ``scopes`` and ``edges`` are the two ways
outline      which layers stand together in the modules of a model
regions      where paths part and meet
blocks       blocks out of one list
endings      where the classifier begins
folding      what stands several times, written once with repeat
spelling     one layer in its shortest form
usual        the defaults that make the whole short
composing    steps as the values of a YAML document
layout       such values as text
document     the whole text
same         whether two graphs are equal
"""
