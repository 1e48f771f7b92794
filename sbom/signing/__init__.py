"""Signatures by key: what Lading writes for others to trust, and whom it trusts itself.

keys: PEM files, cosign's encrypted ones too. dsse: the envelope. statement: in-toto, the content.
trust: the file that says which keys count, for what and until when. There is no keyless signing.
"""
