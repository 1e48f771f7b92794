"""A verdict as others may rely on it: what is signed, and what holds when it is verified.

verdict: our own predicate, with every decision. summary: SLSA's verification summary of the same.
check: whether signed verdicts let an image pass, offline and from values alone.
"""
