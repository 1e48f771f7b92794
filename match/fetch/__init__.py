"""From publishers to the set: what is fetched, kept in a cache, and imported.

One step of the flow, taken apart: `plans/` says how each publisher is asked, `errand.py` is what a
plan may do, `download.py` brings one file, `shelf.py` keeps it, `update.py` runs them all.
"""
