"""The last source: NVD's product ranges, for packages that `products.py` maps to a product.

A bare name never matches; the mapping is explicit, and a finding that rests on it says so.
"""
