"""The package URL of an image by its name in a registry (purl-spec, type `oci`)."""

HUB = "docker.io/"
LIBRARY = "library/"


def image_purl(name: str, digest: str = "", arch: str = "", *, hub: bool = False) -> str:
    """Return the purl of an image; empty where its name does not say which registry it is in.

    hub: a name without a registry is Docker Hub's, as builders mean it; else it may be anything.
    """
    from urllib.parse import quote

    path, colon, tag = name.partition("@")[0].rpartition(":")
    if not colon or "/" in tag:
        path, tag = name.partition("@")[0], ""
    first, slash, _ = path.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        if not hub or not path:
            return ""
        path = HUB + (path if slash else LIBRARY + path)
    qualifiers = (("arch", arch), ("repository_url", path), ("tag", tag))
    query = "&".join(f"{key}={quote(value, safe='/:')}" for key, value in qualifiers if value)
    version = f"@{quote(digest, safe='')}" if digest else ""
    return f"pkg:oci/{quote(path.rpartition('/')[2], safe='')}{version}?{query}"
