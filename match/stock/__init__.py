"""The stock: the distinct components of all kept SBOMs, held against the advisory set.

One step taken apart: `keys` finds components by package and version, `narrow` lays out the part of
the set that some ids need, `units` says which components decide together, `delta` compares two
states, `events` keeps what that told; `rematch`, `sought` and `whole` are what commands ask.
"""
