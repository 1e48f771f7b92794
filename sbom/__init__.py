"""Image to SBOM: takes the layers of an image, or an SBOM document, and gives an `Sbom`.

In order: `sources` opens an image, over `engines`, `registry` and `web`; `image` reads its layers
and lays them over each other, with `readers`; `build` names what was found (`purl`, `distro`),
`facts` tells what the configuration says (`secrets`). Of an SBOM: `formats` reads and writes it,
over `documents`; `elements` judges it, by `profiles` and `sheets`; `base`, `past` and `diff` ask
where it comes from and what changed; `signing` says who vouches for it; `store` keeps it
(`database`). `model`, `errors`, `limits` and `text` are everybody's.
"""
