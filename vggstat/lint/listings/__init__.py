"""Judges of listings, in which a row is a layer of one network.

rows            each row with its layer; every cell to the judge of its kind
passing         layers of rows that no network holds as such: ReLU, flatten, a module of others
shapes          V101, V102: what leaves a layer
attributes      V103: kernels, channels, strides in names and arguments
columns         the convention of a column of counts
counts          one count under its column's convention: V2xx, V3xx, V4xx
structure       V7xx: layers that are missing, too many, or elsewhere
totals          what is said of the whole: V5xx; parameters, and operations under every known rule
memory          the sum of the outputs, the lecture's wrong one, sizes in bytes, numbers of layers
trainable       trainable and other parameters, which add up
unknown         rows and totals of a network that is not known, and the one row that keeps them from adding up
"""
