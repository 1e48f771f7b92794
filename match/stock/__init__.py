"""The stock: the distinct components of all kept SBOMs, held against the advisory set.

One step taken apart: `keys` finds components by package and version, `needed` says which changes
can bear on them at all, `narrow` lays out the part of the set that some ids need, `units` says
which components decide together, `delta` compares two states, `due` says what time alone changed,
`events` keeps what both told; `rematch`, `sought` and `whole` are what commands ask.
"""
