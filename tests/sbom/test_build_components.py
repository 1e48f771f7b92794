"""What is found becomes components: named, merged, with layer, maker and history."""

import pytest
from make_image import (
    OS_RELEASE,
    READERS,
    docker_files,
    files_of,
    image_of,
    tar,
    write_archive,
    write_layout,
)
from msgspec.structs import replace

from sbom.build import build
from sbom.errors import InputError
from sbom.model import Evidence
from sbom.sources import open_image

RELEASE = ("etc/os-release", OS_RELEASE)
DB = "var/lib/db/packages"


def sbom_of(folder, *layers, **more):
    return build(image_of(folder, *layers), readers=READERS, **more)


def purls(sbom):
    return [component.purl for component in sbom.components]


def events(sbom):
    number = {layer.diff_id: n for n, layer in enumerate(sbom.layers)}
    return [(c.event, c.purl, number[c.layer], c.path, c.replaces) for c in sbom.history]


def layers_of(sbom):
    """Return name → number of the layer, for the first evidence."""
    number = {layer.diff_id: n for n, layer in enumerate(sbom.layers)}
    return {c.name: number[c.evidence[0].layer] for c in sbom.components}


def test_distribution_packages_are_named_for_their_release(tmp_path):
    text = (
        b"deb bash 5.2-1 arch=amd64\n"
        b"deb libx 1:2.0+b1 arch=amd64 source=x source_version=1:2.0\n"
        b"deb same 1 arch=all source=origin\n"
        b"rpm openssl 3-1.el9 arch=x86_64 source=openssl\n"
    )
    sbom = sbom_of(tmp_path, tar(RELEASE, (DB, text)))
    assert purls(sbom) == [
        "pkg:deb/debian/bash@5.2-1?arch=amd64&distro=debian-12",
        "pkg:deb/debian/libx@1:2.0%2Bb1?arch=amd64&distro=debian-12&upstream=x%401:2.0",
        "pkg:deb/debian/same@1?arch=all&distro=debian-12&upstream=origin",
        "pkg:rpm/debian/openssl@3-1.el9?arch=x86_64&distro=debian-12",
    ]
    bash, libx, same, _ = sbom.components
    assert (bash.source, bash.source_version) == ("bash", "5.2-1")
    assert (libx.source, libx.source_version) == ("x", "1:2.0")
    assert (same.source, same.source_version) == ("origin", "1")
    assert bash.distro == sbom.distro
    assert sbom.distro.version == "12"
    assert sbom.problems == ()


@pytest.mark.parametrize(
    "entries",
    [
        [("etc/os-release", "../usr/lib/os-release"), ("usr/lib/os-release", OS_RELEASE)],
        [("usr/lib/os-release", OS_RELEASE)],
        [("etc/os-release", "/usr/share/release"), ("usr/share/release", OS_RELEASE)],
        [("etc/os-release", b"# nothing"), ("usr/lib/os-release", OS_RELEASE)],
        [("etc", "config"), ("config/os-release", OS_RELEASE)],
    ],
)
def test_os_release_is_found_where_it_may_lie(tmp_path, entries):
    assert sbom_of(tmp_path, tar(*entries)).distro.id == "debian"


def test_an_unknown_distribution_is_a_problem(tmp_path):
    sbom = sbom_of(tmp_path, tar((DB, b"deb bash 1")))
    assert purls(sbom) == ["pkg:deb/bash@1"]
    assert [(p.source, p.where) for p in sbom.problems] == [("build", "etc/os-release")]


def test_a_distribution_without_packages_is_a_problem(tmp_path):
    (problem,) = sbom_of(tmp_path, tar(RELEASE)).problems
    assert problem.effect == "source_lost"


def test_equal_components_of_several_places_are_one_with_all_evidence(tmp_path):
    layers = tar(("b.pkg", b"npm x 1")), tar(("a.pkg", b"npm x 1")), tar(("c/x.pkg", b"npm x 2"))
    sbom = sbom_of(tmp_path, *layers)
    assert purls(sbom) == ["pkg:npm/x@1", "pkg:npm/x@2"]
    first, second, third = (layer.diff_id for layer in sbom.layers)
    assert sbom.components[0].evidence == (
        Evidence(path="b.pkg", reader="lines", layer=first),
        Evidence(path="a.pkg", reader="lines", layer=second),
    )
    assert sbom.components[1].evidence[0].layer == third


def test_a_package_in_an_archive_says_where_in_it(tmp_path):
    (component,) = sbom_of(tmp_path, tar(("x.pkg", b"npm x 1 inside=lib/y.jar"))).components
    assert component.evidence[0].path == "x.pkg!/lib/y.jar"


def test_a_component_is_of_the_layer_since_which_it_is_there(tmp_path):
    sbom = sbom_of(
        tmp_path,
        tar((DB, b"deb stays 1\ndeb goes 1\ndeb back 1\ndeb up 1")),
        tar((DB, b"deb stays 1\ndeb goes 1\ndeb up 2")),
        tar(("opt/db/packages", b"deb stays 1\ndeb back 1\ndeb up 2"), ("var/lib/.wh.db", b"")),
        tar(
            ("opt/db/.wh..wh..opq", b""), ("opt/db/packages", b"deb stays 1\ndeb back 1\ndeb up 2")
        ),
    )
    assert layers_of(sbom) == {"stays": 0, "back": 2, "up": 1}
    assert [event for event in events(sbom) if event[2] > 0] == [
        ("upgraded", "pkg:deb/up@2", 1, DB, "pkg:deb/up@1"),
        ("removed", "pkg:deb/back@1", 1, DB, None),
        ("introduced", "pkg:deb/back@1", 2, "opt/db/packages", None),
        ("removed", "pkg:deb/goes@1", 2, DB, None),
    ]


def test_other_packages_are_of_the_layer_since_which_their_path_has_them(tmp_path):
    sbom = sbom_of(
        tmp_path,
        tar(("a/x.pkg", b"npm same 1"), ("a/y.pkg", b"npm moved 1"), ("a/z.pkg", b"npm up 1")),
        tar(("a/x.pkg", b"npm same 1\n"), ("b/y.pkg", b"npm moved 1"), ("a/.wh.y.pkg", b"")),
        tar(("a/.wh.z.pkg", b""), ("b/z-2.pkg", b"npm up 2")),
    )
    assert layers_of(sbom) == {"same": 0, "moved": 1, "up": 2}
    assert [event for event in events(sbom) if event[2] > 0] == [
        ("introduced", "pkg:npm/moved@1", 1, "b/y.pkg", None),
        ("removed", "pkg:npm/moved@1", 1, "a/y.pkg", None),
        ("upgraded", "pkg:npm/up@2", 2, "b/z-2.pkg", "pkg:npm/up@1"),
    ]


def test_several_versions_of_one_package_are_told_apart(tmp_path):
    sbom = sbom_of(
        tmp_path,
        tar((DB, b"rpm kernel 1 arch=x\nrpm kernel 2 arch=x")),
        tar((DB, b"rpm kernel 2 arch=x\nrpm kernel 3 arch=x")),
    )
    assert [(e[0], e[1], e[4]) for e in events(sbom) if e[2]] == [
        ("upgraded", "pkg:rpm/kernel@3?arch=x", "pkg:rpm/kernel@1?arch=x")
    ]
    assert purls(sbom) == ["pkg:rpm/kernel@2?arch=x", "pkg:rpm/kernel@3?arch=x"]


def test_what_a_distribution_package_owns_has_it_as_maker(tmp_path):
    database = (
        b"deb node-x 1 arch=all\ndeb gone - owns=app/y.pkg\ndeb node-x - owns=lib/x.pkg,etc/x"
    )
    sbom = sbom_of(
        tmp_path,
        tar(("usr/lib", None), ("lib", "usr/lib"), (DB, database)),
        tar(("usr/lib/x.pkg", b"npm x 1"), ("app/y.pkg", b"npm y 1"), ("app/x.pkg", b"npm x 1")),
    )
    maker = "pkg:deb/node-x@1?arch=all"
    assert [(c.purl, c.maker, [e.path for e in c.evidence]) for c in sbom.components] == [
        (maker, None, [DB]),
        ("pkg:npm/x@1", None, ["app/x.pkg"]),
        ("pkg:npm/x@1", maker, ["usr/lib/x.pkg"]),
        ("pkg:npm/y@1", None, ["app/y.pkg"]),
    ]


def test_names_of_a_lock_file_that_are_installed_in_its_tree_are_left_out(tmp_path):
    lock = b"npm a 1 scope=optional\nnpm b 1 scope=optional\ncargo c 1 scope=optional"
    sbom = sbom_of(
        tmp_path,
        tar(("app/x.lock", lock), ("app/m/a.pkg", b"npm a 2"), ("other/b.pkg", b"npm b 2")),
        tar(("other/c.pkg", b"cargo c 1")),
    )
    assert [(c.purl, c.scope) for c in sbom.components] == [
        ("pkg:cargo/c@1", "required"),
        ("pkg:npm/a@2", "required"),
        ("pkg:npm/b@1", "optional"),
        ("pkg:npm/b@2", "required"),
    ]
    assert all("b@1" not in event[1] for event in events(sbom))


def test_a_package_that_no_purl_can_name_is_kept_and_told(tmp_path):
    sbom = sbom_of(tmp_path, tar(RELEASE, ("x.pkg", b"swift x 1"), (DB, b"deb d 1")))
    assert (sbom.components[0].purl, sbom.components[0].name) == ("", "x")
    assert ["no package URL" in p.what for p in sbom.problems] == [True]


def test_problems_of_files_that_were_replaced_are_gone(tmp_path):
    layers = tar(("x.pkg", b"odd"), ("y.pkg", b"odd")), tar((".wh.x.pkg", b""))
    problems = [p for p in sbom_of(tmp_path, *layers).problems if p.source == "lines"]
    assert [(p.where, p.effect) for p in problems] == [("y.pkg", "record_lost")]


def test_paths_that_are_not_utf8_are_escaped_in_evidence(tmp_path):
    name = b"caf\xe9/x.pkg".decode("utf-8", "surrogateescape")
    (component,) = sbom_of(tmp_path, tar((name, b"npm x 1"))).components
    assert component.evidence[0].path == "caf\\xe9/x.pkg"


def test_an_image_without_layers_or_packages_is_an_empty_sbom(tmp_path):
    assert sbom_of(tmp_path / "none").components == ()
    assert sbom_of(tmp_path / "empty", tar()).components == ()


def many_layers():
    layers = [tar(RELEASE, (DB, b"deb a 1\ndeb b 1"), ("x.pkg", b"npm x 1"))]
    layers += [tar((f"{n}/x.pkg", b"npm x %d" % n), (DB, b"deb a %d" % n)) for n in range(9)]
    return layers


@pytest.mark.parametrize("threads", [1, 2, 3, 16])
def test_any_number_of_threads_gives_the_same(tmp_path, threads):
    expected = sbom_of(tmp_path / "1", *many_layers(), threads=1)
    found = sbom_of(tmp_path / "n", *many_layers(), threads=threads)
    name = replace(found.subject, name=expected.subject.name)
    assert replace(found, subject=name) == expected


def test_docker_archive_and_oci_give_the_same_but_for_what_only_one_knows(tmp_path):
    layers = many_layers()
    oci = build(open_image(f"oci:{write_layout(tmp_path, files_of(layers))}"), readers=READERS)
    path = write_archive(tmp_path / "d.tar", docker_files(layers))
    docker = build(open_image(f"docker-archive:{path}"), readers=READERS)
    assert docker.subject.image_id == oci.subject.image_id
    assert oci.subject.manifest
    assert docker.subject.manifest is None
    known = replace(docker.subject, manifest=oci.subject.manifest, name=oci.subject.name)
    assert replace(docker, subject=known, layers=oci.layers) == oci
    assert [layer.created_by for layer in docker.layers] == [f"step {n}" for n in range(10)]


def test_progress_ends_at_the_whole(tmp_path):
    seen = []
    sbom_of(tmp_path, *many_layers(), progress=lambda *told: seen.append(told))
    assert seen[-1][0] == seen[-1][1] > 0
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)


def broken_layers(tmp_path, *broken):
    """Return an image whose layers of these numbers are damaged."""
    files, entry = files_of(many_layers())
    layout = write_layout(tmp_path, (files, entry))
    image = open_image(f"oci:{layout}")
    for number in broken:
        digest = image.layers[number].facts.digest
        path = layout / "blobs" / "sha256" / digest[7:]
        path.write_bytes(path.read_bytes()[:-4])
    return open_image(f"oci:{layout}")


@pytest.mark.parametrize("threads", [1, 4])
def test_the_lowest_broken_layer_is_told_whatever_the_threads(tmp_path, threads):
    image = broken_layers(tmp_path, 7, 3, 5)
    for _ in range(5):
        with pytest.raises(InputError, match="layer 3 "):
            build(image, readers=READERS, threads=threads)


def test_an_interruption_ends_all_threads(tmp_path):
    def interrupt(_done, _whole, _text):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sbom_of(tmp_path, *many_layers(), threads=1, progress=interrupt)
