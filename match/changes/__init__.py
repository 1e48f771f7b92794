"""What changed between two states of the set: fields of records, findings, and which did what.

fields: two versions of a record. history (edge), difference: two states. transitions, against: what
that did to findings. direction: which way a package went.
"""
