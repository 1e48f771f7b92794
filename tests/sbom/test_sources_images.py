"""Every kind of source gives the same image; what cannot be opened is one clear line."""

import gzip
import io
import json
import os
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
import zstandard
from make_image import (
    OS_RELEASE,
    READERS,
    config_of,
    docker_files,
    dumped,
    files_of,
    layout_files,
    sha256,
    tar,
    write_archive,
    write_layout,
)

from sbom.build import build
from sbom.errors import InputError
from sbom.image.manifest import MOST_ENTRIES
from sbom.limits import Limits
from sbom.sources import open_all, open_image

LAYERS = (
    tar(("etc/os-release", OS_RELEASE), ("a.pkg", b"npm a 1")),
    tar(("b.pkg", b"npm b 1")),
)
MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


def found(reference, **more):
    sbom = build(open_image(str(reference), **more), readers=READERS)
    return [component.purl for component in sbom.components]


def refused(reference, **more) -> str:
    """Return the one line of the refusal."""
    with pytest.raises(InputError) as error:
        build(open_image(str(reference), **more), readers=READERS)
    assert error.value.hint
    assert "\n" not in str(error.value)
    return str(error.value)


def compressed(path, data):
    path.write_bytes(data)
    return path


def docker_25(layers):
    """Return what Docker 25 saves: an OCI layout with Docker's manifest beside its index."""
    files, entry = files_of(layers, pack=lambda layer: layer, tag="1")
    config = sha256(config_of(layers))[7:]
    saved = {
        "Config": f"blobs/sha256/{config}",
        "RepoTags": ["example.test/app:1"],
        "Layers": [f"blobs/sha256/{sha256(layer)[7:]}" for layer in layers],
    }
    return layout_files((files, entry)) | {"manifest.json": dumped([saved])}


def legacy_docker(layers):
    """Return what Docker before 25 saves with shared layers: links from old names to new."""
    files = docker_files(layers)
    manifest = json.loads(files["manifest.json"])
    for number, name in enumerate(manifest[0]["Layers"]):
        files[f"old{number}/layer.tar"] = f"../{name}"
        manifest[0]["Layers"][number] = f"old{number}/layer.tar"
    files["manifest.json"] = dumped(manifest)
    return files


@pytest.fixture
def places(tmp_path):
    """The same image in every form."""
    one = files_of(LAYERS, tag="v1")
    oci = tar(*layout_files(one).items(), form=tarfile.USTAR_FORMAT)
    dotted = [(f"./{name}", data) for name, data in docker_files(LAYERS).items()]
    root = tmp_path / "root"
    for name, data in (
        ("etc/os-release", OS_RELEASE),
        ("a.pkg", b"npm a 1"),
        ("b.pkg", b"npm b 1"),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return {
        "oci": write_layout(tmp_path / "layout", one),
        "oci-archive": compressed(tmp_path / "oci.tar", oci),
        "packed": compressed(tmp_path / "oci.tgz", gzip.compress(oci)),
        "zstd": compressed(tmp_path / "oci.tar.zst", zstandard.compress(oci)),
        "docker-archive": write_archive(tmp_path / "docker.tar", docker_files(LAYERS)),
        "legacy": write_archive(tmp_path / "legacy.tar", legacy_docker(LAYERS)),
        "docker 25": write_archive(tmp_path / "docker25.tar", docker_25(LAYERS)),
        "podman": compressed(tmp_path / "podman.tar", tar(*dotted)),
        "dir": root,
    }


KINDS = {
    "oci": "oci",
    "oci-archive": "oci-archive",
    "packed": "oci-archive",
    "zstd": "oci-archive",
    "docker-archive": "docker-archive",
    "legacy": "docker-archive",
    "docker 25": "docker-archive",
    "podman": "docker-archive",
    "dir": "dir",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_is_opened_by_its_kind_and_recognised_without(places, kind):
    for reference in (f"{KINDS[kind]}:{places[kind]}", places[kind]):
        assert found(reference) == ["pkg:npm/a@1", "pkg:npm/b@1"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "dir"])
def test_the_image_id_is_the_digest_of_the_configuration(places, kind):
    image = open_image(f"{KINDS[kind]}:{places[kind]}")
    assert image.subject.image_id == sha256(config_of(LAYERS))
    assert image.subject.platform == "linux/amd64"
    assert image.subject.created == "2024-01-02T03:04:05Z"
    assert [layer.facts.created_by for layer in image.layers] == ["step 0", "step 1"]
    assert image.config == config_of(LAYERS)


def test_digests_stand_where_they_are_known(places):
    oci = open_image(f"oci:{places['oci']}")
    assert oci.subject.manifest == files_of(LAYERS, tag="v1")[1]["digest"]
    assert oci.subject.index is None
    assert all(layer.facts.digest for layer in oci.layers)
    docker = open_image(f"docker-archive:{places['docker-archive']}")
    assert docker.subject.manifest is None
    assert not any(layer.facts.digest for layer in docker.layers)
    both = open_image(f"docker-archive:{places['docker 25']}")
    assert both.subject.manifest == files_of(LAYERS, pack=lambda layer: layer)[1]["digest"]


def test_names_are_those_users_know(places):
    assert open_image(f"docker-archive:{places['legacy']}").subject.name == "example.test/app:1"
    assert open_image(f"oci:{places['oci']}").subject.name == "layout:v1"
    assert open_image(f"dir:{places['dir']}").subject.name == str(places["dir"])


def two(tmp_path):
    return write_layout(
        tmp_path / "two", files_of(LAYERS[:1], tag="one"), files_of(LAYERS[1:], tag="other/two:2")
    )


def test_a_tag_or_digest_chooses_among_several(tmp_path):
    layout = two(tmp_path)
    assert found(f"oci:{layout}:one") == ["pkg:npm/a@1"]
    assert found(f"{layout}:other/two:2") == ["pkg:npm/b@1"]
    digest = files_of(LAYERS[:1])[1]["digest"]
    assert found(f"oci:{layout}@{digest}") == ["pkg:npm/a@1"]


def test_without_a_tag_several_images_are_listed(tmp_path):
    layout = two(tmp_path)
    assert "it holds 2 images: one, other/two:2 (choose one, such as " in refused(layout)
    assert "no image three (there are one, other/two:2)" in refused(f"oci:{layout}:three")


def test_several_images_of_a_docker_archive_are_listed_and_chosen(tmp_path):
    one, two_ = docker_files(LAYERS[:1], ("x/app:1",)), docker_files(LAYERS[1:], ("x/app:2",))
    saved = json.loads(one["manifest.json"]) + json.loads(two_["manifest.json"])
    path = write_archive(tmp_path / "d.tar", {**one, **two_, "manifest.json": dumped(saved)})
    assert "it holds 2 images: x/app:1, x/app:2" in refused(f"docker-archive:{path}")
    assert found(f"docker-archive:{path}:x/app:2") == ["pkg:npm/b@1"]
    assert found(f"{path}:1") == ["pkg:npm/a@1"]
    assert "no image x/app:3 (there are x/app:1, x/app:2)" in refused(f"{path}:x/app:3")


def indexed(tmp_path, architectures, *, stated=True):
    """Return a layout whose one tag is an index of several platforms, and an attestation."""
    files, entries = {}, []
    for number, name in enumerate(architectures):
        architecture, _, variant = name.partition("/")
        more = {"variant": variant} if variant else {}
        layer = tar((f"{number}.pkg", f"npm {architecture}{variant} 1".encode()))
        of_one, entry = files_of([layer], architecture=architecture, **more)
        if stated:
            entry["platform"] = {"os": "linux", "architecture": architecture, **more}
        files |= of_one
        entries.append(entry)
    attestation = {**entries[0], "platform": {"os": "unknown", "architecture": "unknown"}}
    attestation["annotations"] = {"vnd.docker.reference.type": "attestation-manifest"}
    index = dumped({"schemaVersion": 2, "manifests": [*entries, attestation]})
    files["blobs/sha256/" + sha256(index)[7:]] = index
    kind = "application/vnd.oci.image.index.v1+json"
    return write_layout(tmp_path, (files, {"mediaType": kind, "digest": sha256(index)})), index


@pytest.mark.parametrize("stated", [True, False])
def test_an_index_chooses_by_platform(tmp_path, stated):
    layout, index = indexed(tmp_path, ["amd64", "arm64/v8", "arm/v6", "arm/v7"], stated=stated)
    assert found(layout, platform="linux/arm64") == ["pkg:npm/arm64v8@1"]
    assert found(layout, platform="linux/arm/v6") == ["pkg:npm/armv6@1"]
    assert found(layout, platform="linux/arm") == ["pkg:npm/armv7@1"]
    assert found(layout, platform="Linux/x86_64") == ["pkg:npm/amd64@1"]
    image = open_image(str(layout), platform="linux/amd64")
    assert image.subject.index == sha256(index)
    assert open_image(str(layout)).subject.platform.split("/")[1] == MACHINE
    line = refused(layout, platform="linux/s390x")
    assert "no image for linux/s390x, there are linux/amd64, linux/arm/v6, linux/arm/v7" in line
    assert "--platform" in line


def test_the_only_platform_is_taken_unless_another_is_asked(tmp_path):
    layout, _ = indexed(tmp_path, ["s390x"])
    assert found(layout) == ["pkg:npm/s390x@1"]
    assert "there are linux/s390x" in refused(layout, platform="linux/amd64")


def test_mounts_are_a_folders(places):
    for kind, place in places.items():
        if kind == "dir":
            assert found(place, mounts=True) == found(place)
        else:
            assert "--mounts is for dir:PATH" in refused(place, mounts=True)


def test_a_docker_archive_has_the_platform_it_has(places):
    path = places["docker-archive"]
    assert found(path, platform="linux/amd64")
    assert "there is linux/amd64" in refused(path, platform="linux/arm64")


def test_indexes_do_not_nest_for_ever(tmp_path):
    files, inner = files_of(LAYERS)
    for _ in range(6):
        index = dumped({"manifests": [inner]})
        files["blobs/sha256/" + sha256(index)[7:]] = index
        kind = "application/vnd.oci.image.index.v1+json"
        inner = {"mediaType": kind, "digest": sha256(index)}
    assert "more than 4 deep" in refused(write_layout(tmp_path, (files, inner)))


def test_an_index_named_a_thousand_times_in_each_of_four_is_looked_at_once(tmp_path):
    files, inner = files_of(LAYERS)
    for _ in range(4):
        index = dumped({"manifests": [inner] * 1000})
        files["blobs/sha256/" + sha256(index)[7:]] = index
        kind = "application/vnd.oci.image.index.v1+json"
        inner = {"mediaType": kind, "digest": sha256(index)}
    layout = f"oci:{write_layout(tmp_path, (files, inner))}"
    assert found(layout)
    assert len(open_all(layout).images) == 1


def test_an_index_has_an_end(tmp_path):
    files, inner = files_of(LAYERS)
    inner["platform"] = {"os": "linux", "architecture": "amd64"}
    others = [{**inner, "digest": f"sha256:{n:064x}"} for n in range(MOST_ENTRIES)]
    index = dumped({"manifests": others})
    files["blobs/sha256/" + sha256(index)[7:]] = index
    kind = "application/vnd.oci.image.index.v1+json"
    layout = write_layout(tmp_path, (files, {"mediaType": kind, "digest": sha256(index)}))
    limits = Limits(manifest_bytes=1 << 30)
    with pytest.raises(InputError, match="more than 100000 manifests"):
        open_image(f"oci:{layout}", limits=limits)


def test_annotations_of_the_manifest_are_the_images(tmp_path):
    files, entry = files_of(LAYERS)
    manifest = json.loads(files.pop("blobs/sha256/" + entry["digest"][7:]))
    manifest["annotations"] = {"org.opencontainers.image.base.name": "example.test/base:1"}
    data = dumped(manifest)
    files["blobs/sha256/" + sha256(data)[7:]] = data
    layout = write_layout(tmp_path, (files, {**entry, "digest": sha256(data), "size": len(data)}))
    sbom = build(open_image(f"oci:{layout}"))
    assert ("base-name", "example.test/base:1") in sbom.facts


# What cannot be opened.


def without(files, *names):
    return {name: data for name, data in files.items() if not name.startswith(names)}


def layout_of(tmp_path, files):
    for name, data in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path


def blob(data):
    return "blobs/sha256/" + sha256(data)[7:]


def test_missing_parts_are_named(tmp_path):
    whole = layout_files(files_of(LAYERS))
    manifest = files_of(LAYERS)[1]["digest"]
    config = config_of(LAYERS)
    layers = json.loads(whole["blobs/sha256/" + manifest[7:]])["layers"]
    lacks = {
        "index.json": "no index.json in it",
        "blobs/sha256/" + manifest[7:]: f"the manifest {manifest} is not in it",
        blob(config): f"the configuration {sha256(config)} is not in it",
        "blobs/sha256/" + layers[1]["digest"][7:]: f"layer 1 ({layers[1]['digest']}) is not in it",
    }
    for number, (name, told) in enumerate(lacks.items()):
        path = layout_of(tmp_path / str(number), without(whole, name))
        assert told in refused(f"oci:{path}")


def test_missing_parts_of_a_docker_archive_are_named(tmp_path):
    whole = docker_files(LAYERS)
    for number, name in enumerate(whole):
        path = write_archive(tmp_path / f"{number}.tar", without(whole, name))
        told = refused(f"docker-archive:{path}")
        assert (f"{name}, which is not in it" in told) or "no manifest.json in the archive" in told


@pytest.mark.parametrize("part", ["manifest", "config"])
def test_wrong_digests_of_documents_are_told(tmp_path, part):
    files = layout_files(files_of(LAYERS))
    digest = files_of(LAYERS)[1]["digest"] if part == "manifest" else sha256(config_of(LAYERS))
    files["blobs/sha256/" + digest[7:]] += b" "
    assert f"{digest} has the digest sha256:" in refused(layout_of(tmp_path, files))


def test_a_docker_configuration_is_held_against_its_name(tmp_path):
    files = docker_files(LAYERS)
    name = next(name for name in files if name.endswith(".json"))
    path = write_archive(tmp_path / "d.tar", files | {name: files[name] + b" "})
    assert f"{name} has the digest sha256:" in refused(path)


@pytest.mark.parametrize(
    "index",
    [
        b"",
        b"not json",
        b"[]",
        b'{"manifests": 1}',
        b'{"manifests": [{}]}',
        b'{"manifests": [{"digest": "../../../etc/passwd"}]}',
        b'{"manifests": [{"digest": "sha256:00"}]}',
        b'{"manifests": []}',
        b'{"manifests": null}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_an_index_that_is_none_is_refused(tmp_path, index):
    path = layout_of(tmp_path, {"oci-layout": b"{}", "index.json": index})
    assert str(path) in refused(f"oci:{path}")


def with_documents(tmp_path, config: bytes, **manifest):
    files, _ = files_of(LAYERS)
    layers = [{"digest": sha256(gzip.compress(layer, 1, mtime=0))} for layer in LAYERS]
    document = dumped({"config": {"digest": sha256(config)}, "layers": layers, **manifest})
    files |= {blob(config): config, blob(document): document}
    return write_layout(tmp_path, (files, {"digest": sha256(document)}))


def test_documents_that_do_not_fit_are_refused(tmp_path):
    one = config_of(LAYERS[:1])
    assert "2 layers, the configuration 1" in refused(with_documents(tmp_path / "1", one))
    bad = dumped({"rootfs": {"diff_ids": ["x", "y"]}})
    assert "'x' is no sha256 or sha512 digest" in refused(with_documents(tmp_path / "2", bad))
    assert "configuration sha256" in refused(with_documents(tmp_path / "3", b"[]"))
    line = refused(with_documents(tmp_path / "4", config_of(LAYERS), layers=[{"digest": "../x"}]))
    assert "no sha256" in line


def test_a_history_that_does_not_fit_is_left_out(tmp_path):
    config = json.loads(config_of(LAYERS))
    config["history"] = [{"created_by": "one"}]
    image = open_image(str(with_documents(tmp_path, dumped(config))))
    assert [layer.facts.created_by for layer in image.layers] == ["", ""]


def test_limits_of_documents_and_layers_hold(tmp_path):
    path = write_layout(tmp_path, files_of(LAYERS))
    line = refused(path, limits=Limits(manifest_bytes=50))
    assert "(manifest_bytes)" in line
    assert "--limit manifest_bytes=VALUE" in line
    assert "--limit layers=VALUE" in refused(path, limits=Limits(layers=1))


def test_archives_that_are_cut_or_garbage_are_refused(tmp_path):
    whole = tar(*docker_files(LAYERS).items(), form=tarfile.USTAR_FORMAT)
    cut = compressed(tmp_path / "cut.tar", whole[: len(whole) // 3])
    assert "cut.tar: the archive ends too early" in refused(f"docker-archive:{cut}")
    assert "cut.tar: the archive ends too early" in refused(cut)
    packed = compressed(tmp_path / "cut.tgz", gzip.compress(whole)[:-30])
    assert "cut.tgz: its gzip data ends too early" in refused(packed)
    garbage = compressed(tmp_path / "garbage", os.urandom(50) * 100)
    assert "garbage: the file is no image archive" in refused(garbage)
    assert "no tar header" in refused(f"oci-archive:{garbage}")
    assert "no image archive" in refused(compressed(tmp_path / "empty", b""))
    plain = compressed(tmp_path / "plain.tar", tar(("a.pkg", b"npm a 1")))
    assert "neither index.json nor manifest.json" in refused(plain)


def test_a_packed_bomb_of_an_archive_is_stopped(tmp_path):
    path = compressed(tmp_path / "bomb.tgz", gzip.compress(bytes(80 << 20)))
    line = refused(path, limits=Limits(layer_bytes=20 << 20))
    assert "more than 20 MiB (layer_bytes)" in line


def test_links_of_an_archive_that_loop_are_refused(tmp_path):
    files = {"manifest.json": "index", "index": "manifest.json"}
    path = compressed(tmp_path / "loop.tar", tar(*files.items(), form=tarfile.USTAR_FORMAT))
    assert "leads nowhere" in refused(f"docker-archive:{path}")


def test_links_of_an_archive_stay_in_it(tmp_path):
    files = docker_files(LAYERS)
    manifest = json.loads(files["manifest.json"])
    manifest[0]["Config"] = "config"
    files |= {"manifest.json": dumped(manifest), "config": "../../../../etc/passwd"}
    path = compressed(tmp_path / "out.tar", tar(*files.items()))
    assert "names config, which is not in it" in refused(path)


@pytest.mark.parametrize("kind", ["oci:", "oci-archive:", "docker-archive:", "dir:", ""])
def test_what_is_not_there_is_said(tmp_path, kind):
    assert "nothing-here" in refused(f"{kind}{tmp_path}/nothing-here")


def test_a_folder_that_is_no_image_is_said(tmp_path):
    (tmp_path / "letters").mkdir()
    assert "no OCI layout" in refused(tmp_path)
    assert f"dir:{tmp_path}" in refused(tmp_path)
    assert found(f"dir:{tmp_path}") == []


def test_nothing_of_an_archive_is_kept_in_memory(tmp_path):
    import tracemalloc

    info = tarfile.TarInfo("zeros")
    info.size = 64 << 20
    layer = info.tobuf() + os.urandom(1 << 20) * 64 + bytes(1024)
    path = write_archive(tmp_path / "big.tar", docker_files([layer, *LAYERS]))
    del layer
    tracemalloc.start()
    assert found(path) == ["pkg:npm/a@1", "pkg:npm/b@1"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 << 20


# Folders.


def test_links_of_a_folder_stay_in_it(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.pkg").write_bytes(b"npm secret 1")
    root = tmp_path / "root"
    (root / "var" / "lib").mkdir(parents=True)
    (root / "usr" / "db").mkdir(parents=True)
    (root / "usr" / "db" / "packages").write_bytes(b"npm in 1")
    (root / "var" / "lib" / "db").symlink_to("/usr/db")
    (root / "out").symlink_to(outside)
    (root / "x.pkg").symlink_to(outside / "secret.pkg")
    assert found(f"dir:{root}") == ["pkg:npm/in@1"]


def test_odd_files_of_a_folder_do_no_harm(tmp_path):
    os.mkfifo(tmp_path / "pipe.pkg")
    (tmp_path / "folder.pkg").mkdir()
    os.close(os.open(os.fsencode(tmp_path) + b"/caf\xe9.pkg", os.O_CREAT | os.O_WRONLY))
    (tmp_path / "x.pkg").write_bytes(b"npm x 1")
    assert found(f"dir:{tmp_path}") == ["pkg:npm/x@1"]


@contextmanager
def nobody():
    """Run as a user who may not read everything, where the tests run as one who may."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_unreadable_files_of_a_folder_are_problems():
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        folder.chmod(0o755)
        (folder / "x.pkg").write_bytes(b"npm x 1")
        (folder / "x.pkg").chmod(0)
        (folder / "closed").mkdir(mode=0)
        (folder / "y.pkg").write_bytes(b"npm y 1")
        image = open_image(f"dir:{folder}")
        with nobody():
            sbom = build(image, readers=READERS, threads=1)
        (folder / "closed").chmod(0o755)
    told = {problem.where for problem in sbom.problems if "cannot be read" in problem.what}
    assert told == {"x.pkg", "closed"}
    assert [component.purl for component in sbom.components] == ["pkg:npm/y@1"]


def test_a_folder_has_no_layers_and_no_history(tmp_path):
    (tmp_path / "x.pkg").write_bytes(b"npm x 1")
    sbom = build(open_image(f"dir:{tmp_path}"), readers=READERS)
    assert (sbom.layers, sbom.history) == ((), ())
    assert sbom.components[0].evidence[0].layer is None
    with pytest.raises(InputError, match="no platform to choose"):
        open_image(f"dir:{tmp_path}", platform="linux/amd64")


def test_the_helper_packs_what_docker_packs():
    with tarfile.open(fileobj=io.BytesIO(tar(*legacy_docker(LAYERS).items()))) as archive:
        assert archive.getmember("old0/layer.tar").issym()
