"""The advisory set as it is kept: written by imports, dated, read by matching, and as it was once.

Writing: importer, ledger (edge), supersede, regroup, dating. Reading: opening, store (edge), reach.
Time: states, log, past. keeping: the form of a record. schemas/store.sql is the layout.
"""
