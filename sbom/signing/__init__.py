"""Signatures by key: what Lading writes for others to trust, and whom it trusts itself.

keys: PEM files, cosign's encrypted ones too. dsse: the envelope. bundle: Sigstore's form of it.
statement: in-toto, the content. sboms: whether a signed SBOM may stand for the image.
trust: the file that says which keys count, for what and until when. There is no keyless signing.
"""
