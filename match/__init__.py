"""SBOM times advisories: takes an `Sbom` and the merged advisory set, and gives `Finding`s."""
