"""Container registries by the OCI distribution API (1.1): names, access, blobs, referrers.

reference: names of images. credentials: logins the user's tools keep (edge). challenge: logging in.
client: asking, and again where that may help (edge). manifests, blobs: what is fetched.
tags: the images of a repository. artefacts: any one file, pushed and pulled.
referrers: documents attached to a manifest. sboms, vex, attestations: which of them are what.
"""
