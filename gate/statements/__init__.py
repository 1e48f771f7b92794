"""How a VEX statement meets a finding: products, ranges, dependency paths, and the nearest miss."""
