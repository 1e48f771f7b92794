"""The outer shell: composes `sbom`, `match` and `gate` into commands; it decides nothing."""
