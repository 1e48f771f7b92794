"""Whatever bytes an image has: an SBOM or one clear line, never another exception."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_image import READERS, docker_files, files_of, layout_files, tar

from sbom.build import build
from sbom.errors import LadingError
from sbom.sources import open_image

LAYER = tar(
    ("etc/os-release", b"ID=debian\nVERSION_ID=12\n"),
    ("a.pkg", b"npm a 1\nodd"),
    ("var/lib/db", "../../usr/db"),
    ("usr/db/packages", b"deb d 1 arch=all"),
    ("n" * 130 + "/b.pkg", b"npm b 1"),
)
PLACES = st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), min_size=1, max_size=5)


def opened(path: Path):
    """Return whether an image could be read; a refusal must be one line with a remedy."""
    try:
        build(open_image(str(path)), readers=READERS, threads=1)
    except LadingError as error:
        assert error.hint  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
        return False
    return True


def changed(data: bytes, places) -> bytes:
    out = bytearray(data)
    for place, octet in places:
        out[place % len(out)] = octet
    return bytes(out)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(PLACES, st.integers(0, 3))
def test_changed_archives(tmp_path, places, part):
    files = docker_files([LAYER])
    if part < 3:
        # Change one file, so that the archive's own headers stay right.
        name = sorted(files)[part % len(files)]
        files[name] = changed(files[name], places)
    data = tar(*files.items(), form=tarfile.USTAR_FORMAT)
    path = tmp_path / "image.tar"
    path.write_bytes(changed(data, places) if part == 3 else data)
    opened(path)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=1500), st.sampled_from(["index.json", "manifest", "config", "layer"]))
def test_any_bytes_in_place_of_a_document(tmp_path, data, part):
    files, entry = files_of([LAYER])
    names = dict(zip(("config", "layer", "manifest"), files, strict=True))
    whole = layout_files((files, entry)) | {names.get(part, part): data}
    for name, content in whole.items():
        path = tmp_path / "layout" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert not opened(tmp_path / "layout")


@pytest.mark.parametrize("octet", [0, 1, 127, 255])
def test_archives_of_one_octet(tmp_path, octet):
    path = tmp_path / "image.tar"
    path.write_bytes(bytes([octet]) * 2000)
    assert not opened(path)
    assert not opened(tmp_path)


def test_the_unchanged_image_is_read(tmp_path):
    path = tmp_path / "image.tar"
    path.write_bytes(tar(*docker_files([LAYER]).items()))
    assert opened(path)
    with tarfile.open(fileobj=io.BytesIO(LAYER)) as archive:
        assert len(archive.getnames()) == 5
