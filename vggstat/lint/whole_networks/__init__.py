"""Judges of figures of whole networks: tables across models, and facts in sentences.

Each row names a network, and its cells are compared with that network's figures: as published for 224x224 and 1000
classes, or as a variant that the words around name (no FC layers, CIFAR, another size). A row is one network: cells that
fit only different variants are a mixture. Names that are none of the shipped networks are left alone.

    rows      which network a row is about, and which variant of it
    variants  a network as published, and as the words around may change it
    claim     a number with all that it is judged by
    cells     the verdict on one claim
    doubts    why a number that is no figure may be right all the same
    columns   headers that have changed places; operations that are not counted in one way
    widths    widths of layers that a sentence lists
"""
