"""Container registries by the OCI distribution API (1.1): names, access, blobs, referrers.

reference: names of images. credentials: logins the user's tools keep (edge). challenge: logging in.
client: asking, and again where that may help (edge). manifests, blobs: what is fetched.
referrers: documents attached to a manifest. sboms: those of them that are an image's SBOMs.
"""
