"""What is known of layers from an earlier pass, so that their blobs are not read again.

A layer's content is a function of its bytes, which its diff-id names, of the readers and of the
limits: all of these, and the program itself, are in the key of what is kept. Only what was read to
its end, both digests compared, is kept.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Protocol, TypeVar

import msgspec
from msgspec import msgpack

from sbom.image.layers import FileContent, LayerContent, Readers, read_files
from sbom.image.opened import Image, ImageLayer
from sbom.image.threads import Progress, read_layers
from sbom.limits import Limits
from sbom.model import Sbom

Asked = tuple[bytes, str, bytes]
"""Path in the archive, reader, and the path by which it asks."""
T = TypeVar("T")

ENCODE = msgpack.Encoder(order="deterministic").encode
LAYER = msgpack.Decoder(LayerContent).decode
FILES = msgpack.Decoder(list[tuple[Asked, FileContent]]).decode
SBOM = msgpack.Decoder(Sbom).decode


class Results(Protocol):
    """Where results are kept (`sbom.store.results`); program: the digest of the code."""

    program: str

    def find(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return what is known of the keys."""

    def add(self, key: bytes, about: str, content: bytes) -> None:
        """Note a result; about: the digest of the layer or image that it is of."""


class Known:
    """One reading of one image, with what earlier ones left; without `results` all is read."""

    def __init__(self, results: Results | None, readers: Iterable[str], limits: Limits) -> None:
        self._results, self._limits = results, limits
        self._given = (results.program if results else "", tuple(readers), limits)

    def image(self, image: Image) -> Sbom | None:
        """Return the SBOM that was made of the same image before, under the same name.

        Of a folder there is none: it has no digests to know it again by.
        """
        if self._results is None or not all(layer.facts for layer in image.layers):
            return None
        key = self._image_key(image)
        return self._decoded(self._find([key]), key, SBOM)

    def keep_image(self, image: Image, sbom: Sbom) -> None:
        """Note the SBOM of an image."""
        if self._results is not None and all(layer.facts for layer in image.layers):
            about = image.subject.image_id or ""
            self._results.add(self._image_key(image), about, ENCODE(sbom))

    def layers(
        self,
        layers: Sequence[ImageLayer],
        readers: Readers,
        threads: int,
        progress: Progress | None,
    ) -> list[LayerContent]:
        """Return the contents of layers; only those not known are read."""
        keys = {
            number: self._key("layer", layer.facts.diff_id)
            for number, layer in enumerate(layers)
            if layer.facts is not None
        }
        found = self._find(keys.values())
        known = {
            number: content
            for number, key in keys.items()
            if (content := self._decoded(found, key, LAYER)) is not None
        }
        contents = read_layers(layers, readers, self._limits, threads, progress, known)
        for number, key in keys.items():
            if number not in known:
                self._keep(key, layers[number], contents[number])
        return contents

    def files(
        self,
        layer: ImageLayer,
        wanted: Mapping[bytes, Iterable[tuple[str, bytes]]],
        readers: Readers,
    ) -> dict[Asked, FileContent]:
        """Return single files of a layer as `read_files` does; read only if that is not known."""
        if layer.facts is None:
            return read_files(layer, wanted, readers, self._limits)
        asked = [(path, sorted(by)) for path, by in sorted(wanted.items())]
        key = self._key("files", layer.facts.diff_id, asked)
        known = self._decoded(self._find([key]), key, FILES)
        if known is not None:
            return dict(known)
        found = read_files(layer, wanted, readers, self._limits)
        self._keep(key, layer, list(found.items()))
        return found

    def _find(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        return self._results.find(keys) if self._results is not None else {}

    def _decoded(
        self, found: Mapping[bytes, bytes], key: bytes, decode: Callable[[bytes], T]
    ) -> T | None:
        """Return a result; a damaged one is as good as none."""
        try:
            return decode(found[key]) if key in found else None
        except msgspec.MsgspecError:
            return None

    def _keep(self, key: bytes, layer: ImageLayer, content: object) -> None:
        if self._results is not None and layer.facts is not None:
            self._results.add(key, layer.facts.diff_id, ENCODE(content))

    def _image_key(self, image: Image) -> bytes:
        places = [(layer.facts, layer.where) for layer in image.layers]
        about = (image.subject, image.config, image.annotations)
        return self._key("image", *about, places)

    def _key(self, *question: object) -> bytes:
        """Return the key of a question: all that decides the answer, digested."""
        return sha256(ENCODE((self._given, question))).digest()
