"""The advisory set carried elsewhere with its history, or from a state on, taken apart by step.

form: the rows and the manifest. lineage: which history a store has. taking: rows out of a store
(edge). laying, sheets: rows into one (edges). stream: rows as bytes. parcel: all of it as one
signed file. exporting, importing: the two ways. server: PostgreSQL keeps what is carried, each
machine a copy.
"""
