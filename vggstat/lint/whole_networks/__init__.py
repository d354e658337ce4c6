"""Judges of figures of whole networks: tables across models, and facts in sentences.

Each row names a network, and its cells are compared with that network's figures: as published for 224x224 and 1000
classes, or as a variant that the words around name (no FC layers, CIFAR, another size). A row is one network: cells that
fit only different variants are a mixture. Names that are none of the shipped networks are left alone.

    rows      which network a row is about, and which variant of it
    variants  a network as published, and as the words around may change it
    figures   the exact figures of a network, and whether a number admits one
    cells     one cell under its row's variant
    verdicts  what is said of a right number under a wrong name, and of a wrong one
    mixture   a column of operations that is not counted in one way
"""
