"""A policy file, taken apart.

What it may say (`document`), made complete (`rules`), found wrong (`check`), read and put together
with those it extends (`reading`), held against them (`strictness`, `effective`), and chosen from
for one image (`scopes`).
"""
