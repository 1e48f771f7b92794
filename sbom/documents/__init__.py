"""What the document formats share: bytes to records, the shapes of CycloneDX and SPDX, dialects."""
