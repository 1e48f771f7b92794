"""Image to SBOM: takes the layers of an image, or an SBOM document, and gives an `Sbom`."""
