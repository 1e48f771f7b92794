"""Container registries by the OCI distribution API (1.1): names, access, blobs, referrers.

reference: names of images. credentials: what the user's tools know. challenge: logging in.
addresses: where a registry may send us. transport: HTTP (edge). client: asking, again if need be.
blobs: layers as streams. referrers: documents attached to an image.
"""
