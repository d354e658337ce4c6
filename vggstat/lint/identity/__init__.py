"""Which network a listing of layers means: from its rows, never from the first name in the text.

Each shipped network is made to fit the document (image, batch norm, head, classes as the rows say), its layers are
aligned with the rows, and the one that agrees with most cells is meant, if it agrees with nearly all. Otherwise
the rows themselves are taken for a network; where they do not even agree with one another, none is named.

    observe        each row as numbers
    evidence       what the rows say together: image, batch, batch norm, order of axes, totals
    heads          which FC layers they show, and how the maps join them
    agreement      a network held against the rows: Identity
    shipped        the shipped networks, made to fit
    own            the rows themselves as a network
    identify       the decision
"""
