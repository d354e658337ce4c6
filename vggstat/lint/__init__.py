"""What documents say about networks: read, identified, judged, and fixed where that is certain; what one number is.

``check`` goes down this list, a document at a time:

    engine           from files to results
    config           what the settings say: which rules, which network, which convention
    policy           how numbers may be counted, before one is looked at
    source, text     a file's text in lines, with the place of every character; notebook: its cells
    readers/         one file a dialect: from lines to claims (``model``), which say what each number claims to be
    judge            from a table of claims to findings (``verdicts``)
    identity/        which network a listing means (``network``, ``names``)
    listings/        judges of listings, a row a layer (``conventions``: ways to count; dense, groups, relations, sums:
                     what a listing says of itself)
    whole_networks/  judges of figures of whole networks: tables across models, facts in sentences
    figures          the exact figures of a network under every known rule
    numbers/         printed numbers and products, and the exact values that they may stand for
    units_of_1024    whether M is 2^20 in a document
    contradictions   right, but in another way than settings, unit, column or label say
    slips, errata    the likely slip; known errors in circulation
    rules            every rule, with an example (``rule_examples``)
    suppress         comments that silence a rule
    veto             each finding held against a misreading: confidence and evidence
    unread           numbers that look like figures and that no reader has taken
    markers, mend    blocks that are kept fresh
    number_fixes     numbers that are put right where nothing about them is in doubt

``explain`` takes one number: explain, lecture.
"""
