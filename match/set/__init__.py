"""The advisory set as it is kept: written by imports, dated, read by matching, and as it was once.

Writing: importer, ledger (edge), recall, laid, filling, supersede, unread, regroup, confirming,
dating.
Likelihoods: likelihoods (edge), sheet. Reading: opening, store (edge), reach.
Time: states, log, past. keeping: the form of a record. schemas/store.sql is the layout.
"""
