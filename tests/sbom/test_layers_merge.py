"""Layers over each other: the final state is that of the OCI rules, links stay in the image."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_image import READERS, contents_of, image_of, tar

from sbom.build import build
from sbom.errors import InputError
from sbom.image.filesystem import merge, resolved
from sbom.image.layers import FileContent, LayerContent, ready
from sbom.image.packed import Packed
from sbom.limits import Limits

MATCHER = ready(READERS).matcher


def final(folder, *layers):
    """Return path → names of the final state."""
    state = merge(contents_of(folder, *layers), MATCHER)
    return {
        path.decode(): [found.name for file in files for found in file.found]
        for path, files in state.files.items()
    }


A, B = b"npm a 1", b"npm b 1"


@pytest.mark.parametrize(
    ("upper", "left"),
    [
        ([("d/.wh.a.pkg", b"")], ["d/e/b.pkg"]),
        ([("d/.wh.e", b"")], ["d/a.pkg"]),
        ([(".wh.d", b"")], []),
        ([("d/.wh..wh..opq", b"")], []),
        ([(".wh..wh..opq", b"")], []),
        ([("d/e/.wh..wh..opq", b"")], ["d/a.pkg"]),
        ([("d/.wh.e", b""), ("d/e/c.pkg", A)], ["d/a.pkg", "d/e/c.pkg"]),
        ([("d/e/c.pkg", A), ("d/.wh..wh..opq", b"")], ["d/e/c.pkg"]),
        ([("d", b"now a file")], []),
        ([("d/e", "elsewhere")], ["d/a.pkg"]),
        ([("d/a.pkg", None)], ["d/e/b.pkg"]),
        ([("d/a.pkg", "nowhere")], ["d/e/b.pkg"]),
        ([("d/a.pkg", b"")], ["d/e/b.pkg"]),
        ([("d", None), ("d/e", None)], ["d/a.pkg", "d/e/b.pkg"]),
        ([("d/.wh.nothing", b""), ("other", b"")], ["d/a.pkg", "d/e/b.pkg"]),
        ([("d/.wh.a", b""), ("d/a.pkgs", b"")], ["d/a.pkg", "d/e/b.pkg"]),
    ],
)
def test_an_upper_layer_hides_what_it_should(tmp_path, upper, left):
    lower = tar(("d", None), ("d/a.pkg", A), ("d/e/b.pkg", B))
    assert sorted(final(tmp_path, lower, tar(*upper))) == left


def test_a_program_is_hidden_by_a_file_that_is_none(tmp_path):
    program = b"\x7fELFcargo tool 1".ljust(5000, b"\0")
    assert list(final(tmp_path / "a", tar(("bin/tool", program)))) == ["bin/tool"]
    assert not final(tmp_path / "b", tar(("bin/tool", program)), tar(("bin/tool", b"#!/bin/sh")))


def test_a_whiteout_takes_nothing_of_its_own_layer_or_of_later_ones(tmp_path):
    layers = tar(("a.pkg", A)), tar((".wh.a.pkg", b""), ("b.pkg", B)), tar(("a.pkg", B))
    assert final(tmp_path, *layers) == {"a.pkg": ["b"], "b.pkg": ["b"]}


@pytest.mark.parametrize(
    ("path", "links", "end"),
    [
        (b"a/b", {}, b"a/b"),
        (b"lib/x", {b"lib": b"usr/lib"}, b"usr/lib/x"),
        (b"lib/x", {b"lib": b"/usr/lib"}, b"usr/lib/x"),
        (b"var/lib/rpm/db", {b"var/lib/rpm": b"../../usr/rpm"}, b"usr/rpm/db"),
        (b"a/x", {b"a": b"../../../../etc"}, b"etc/x"),
        (b"a", {b"a": b"b", b"b": b"c/../d", b"d": b"/e"}, b"e"),
        (b"a/x", {b"a": b"a"}, None),
        (b"a/x", {b"a": b"b", b"b": b"a"}, None),
        (b"a/x", {b"a": b"a/a"}, None),
        (b"./a//b/../c", {}, b"a/c"),
    ],
)
def test_links_are_followed_inside_the_root_and_loops_end(path, links, end):
    assert resolved(path, links) == end


def names(folder, *layers):
    return [
        (component.name, [(e.path, e.layer) for e in component.evidence])
        for component in build(image_of(folder, *layers), readers=READERS).components
    ]


def at(found):
    """Return name → paths."""
    return {name: [path for path, _ in evidence] for name, evidence in found}


@pytest.mark.parametrize(
    "entries",
    [
        [("var/lib/db", "../../usr/db"), ("usr/db/packages", A)],
        [("var/lib/db", "/usr/db"), ("usr/db/packages", A)],
        [("var/lib", "../real"), ("real/db", "/usr/db"), ("usr/db/packages", A)],
        [("var", "usr/var"), ("usr/var/lib/db/packages", A)],
        [("var/lib/db/packages", "../../../odd/name"), ("odd/name", A)],
        [("var/lib/db/packages", "/odd/link"), ("odd/link", "name"), ("odd/name", A)],
        [("odd/name", A), ("var/lib/db/packages", "=odd/name")],
        [("usr/db/packages", A), ("var/lib/db", "../../../../../../usr/db")],
    ],
)
def test_a_database_behind_links_is_read_where_it_lies(tmp_path, entries):
    hard = any(str(content).startswith("=") for _, content in entries)
    (real,) = (name for name, content in entries if content == A)
    expected = {"a": ["var/lib/db/packages" if hard else real]}
    assert at(names(tmp_path / "one", tar(*entries))) == expected
    assert at(names(tmp_path / "apart", *(tar(entry) for entry in entries))) == expected


def test_a_reader_is_given_the_path_it_asked_for(tmp_path):
    seen = []
    reader = SimpleNamespace(
        GLOBS=("var/lib/db/*",), MAGIC=(), read=lambda _data, path: seen.append(path) or iter(())
    )
    layer = tar(("var/lib/db", "/usr/db"), ("usr/db/packages", A), ("usr/db/deep/no", A))
    build(image_of(tmp_path, layer), readers={"r": reader})
    assert seen == ["var/lib/db/packages"]


@pytest.mark.parametrize(
    "entries",
    [
        [("var/lib/db", "db")],
        [("var/lib/db/packages", "/var/lib/db/packages")],
        [("x.pkg", "y.pkg"), ("y.pkg", "x.pkg")],
        [("var/lib/db", "../../usr/db"), ("usr/db", "/var/lib/db")],
        [("var/lib/db/packages", "=nowhere")],
        [("var/lib/db/packages", "=../../../etc/passwd")],
        [("var/lib/db/packages", "../../../../../../../etc/passwd")],
        [("var/lib/db/packages", "/dev/zero")],
    ],
)
def test_links_that_loop_or_lead_nowhere_are_nothing(tmp_path, entries):
    assert names(tmp_path, tar(*entries)) == []


def test_very_many_links_that_are_wanted_are_refused_with_the_option(tmp_path):
    layer = tar(*((f"{number}.pkg", "nowhere") for number in range(30)))
    with pytest.raises(InputError, match=r"layer 0: more than 20 links .*\(links\)") as error:
        merge(contents_of(tmp_path, layer), MATCHER, Limits(links=20))
    assert "--limit links=VALUE" in error.value.hint


def test_a_wanted_hard_link_is_a_place_of_its_own(tmp_path):
    layer = tar(("cache/x.pkg", A), ("app/x.pkg", "=cache/x.pkg"))
    assert at(names(tmp_path / "a", layer)) == {"a": ["app/x.pkg", "cache/x.pkg"]}
    above = tar(("cache/.wh.x.pkg", b""))
    assert at(names(tmp_path / "b", layer, above)) == {"a": ["app/x.pkg"]}


def test_a_program_with_two_names_stays_when_one_is_removed(tmp_path):
    program = b"\x7fELFcargo tool 1".ljust(5000, b"\0")
    layer = tar(("bin/tool", program), ("bin/tool-1", "=bin/tool"))
    assert at(names(tmp_path / "a", layer)) == {"tool": ["bin/tool", "bin/tool-1"]}
    assert at(names(tmp_path / "b", layer, tar(("bin/.wh.tool", b"")))) == {"tool": ["bin/tool-1"]}


def test_a_symbolic_link_to_a_file_that_was_read_is_no_second_place(tmp_path):
    layer = tar(("lib/x-1.pkg", A), ("lib/x.pkg", "x-1.pkg"), ("alias", "lib"))
    assert at(names(tmp_path, layer)) == {"a": ["lib/x-1.pkg"]}


def test_a_package_counts_from_the_layer_of_its_file_a_hard_link_from_its_own(tmp_path):
    file, other = tar(("usr/db/packages", A)), tar(("x", b""))
    for link, since in (("/usr/db", 0), ("../../usr/db", 0)):
        image = image_of(tmp_path / str(len(link)), file, other, tar(("var/lib/db", link)))
        (component,) = build(image, readers=READERS).components
        assert component.evidence[0].layer == image.layers[since].facts.diff_id
    image = image_of(
        tmp_path / "hard", file, other, tar(("var/lib/db/packages", "=usr/db/packages"))
    )
    (component,) = build(image, readers=READERS).components
    assert component.evidence[0].layer == image.layers[2].facts.diff_id


def test_files_written_through_a_link_of_a_lower_layer_lie_where_it_leads(tmp_path):
    base = tar(("usr/lib", None), ("lib", "usr/lib"), ("usr/lib/x.pkg", A))
    assert at(names(tmp_path / "a", base, tar(("lib/y.pkg", B)))) == {
        "a": ["usr/lib/x.pkg"],
        "b": ["usr/lib/y.pkg"],
    }
    assert at(names(tmp_path / "b", base, tar(("lib/.wh.x.pkg", b"")))) == {}
    replaced = tar(("lib", None), ("lib/y.pkg", B))
    assert at(names(tmp_path / "c", base, replaced)) == {
        "a": ["usr/lib/x.pkg"],
        "b": ["lib/y.pkg"],
    }


# The law: any layers give the state that a plain, slow file system gives.

PARTS = st.sampled_from(["a", "b", "x.pkg", "y.pkg"])
PATHS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
CHANGES = st.lists(
    st.tuples(PATHS, st.sampled_from(["file", "dir", "gone", "opaque"])),
    max_size=6,
    unique_by=lambda c: c[0],
)


def consistent(changes):
    """Keep what one tar can say: no entry lies below a file of the same layer."""
    files = {path for path, kind in changes if kind == "file"}
    gone = {path for path, kind in changes if kind == "gone"}
    kept = []
    for path, kind in changes:
        if not files.intersection(above(path)) and not (path in gone and kind != "gone"):
            kept.append((path, kind))
    return kept


def above(path):
    return [path[:at] for at, letter in enumerate(path) if letter == "/"]


def remove(state, path, *, itself=True):
    for known in [k for k in state if (itself and k == path) or k.startswith(path + "/")]:
        del state[known]


def make(state, path, number):
    """Write a file (of a layer) or make a folder (None) where there may be something else."""
    if number is not None or state.get(path) is not None:
        remove(state, path)
    state[path] = number


def plain_state(layers):
    """Apply changes one by one to a dict of path → layer (files) or None (folders)."""
    state = {}
    for number, changes in enumerate(layers):
        for path, kind in changes:
            if kind in {"gone", "opaque"}:
                remove(state, path, itself=kind == "gone")
        for path, kind in changes:
            if kind in {"file", "dir"}:
                for folder in above(path):
                    make(state, folder, None)
                make(state, path, number if kind == "file" else None)
    return {p: n for p, n in state.items() if n is not None and p.endswith(".pkg")}


def content_of(changes, number):
    """Return the content of a layer as a scan of it would give it."""
    lists = {"names": Packed(), "whiteouts": Packed(), "opaque": Packed()}
    files = []
    for path, kind in changes:
        raw = path.encode()
        if kind == "file":
            lists["names"].add(raw)
            if path.endswith(".pkg"):
                files.append(FileContent(raw, "lines", text=b"%d" % number))
        if kind == "dir":
            lists["names"].add(raw + b"/")
        if kind == "gone":
            lists["whiteouts"].add(raw)
        if kind == "opaque":
            lists["opaque"].add(raw)
        if kind in {"file", "dir"}:
            lists["names"].add(*(folder.encode() + b"/" for folder in above(path)))
    return LayerContent(files=tuple(files), **{k: v.result() for k, v in lists.items()})


@settings(max_examples=300, deadline=None)
@given(st.lists(CHANGES.map(consistent), min_size=1, max_size=4))
def test_any_layers_give_the_state_of_a_plain_file_system(layers):
    contents = [content_of(changes, number) for number, changes in enumerate(layers)]
    found = merge(contents, MATCHER).files
    assert {p.decode(): int(f[0].text) for p, f in found.items()} == plain_state(layers)
