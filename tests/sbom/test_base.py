"""The image that another is built on, and what each layer did."""

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from sbom.base import Base, Chain, base_layers, base_of, chain_of, given, origin, with_base
from sbom.errors import InputError
from sbom.model import Change, Component, Evidence, Layer, Sbom, Subject
from sbom.past import past


def digest(number):
    return f"sha256:{number:064x}"


def image(*numbers, facts=(), name="app", **more):
    layers = tuple(
        Layer(diff_id=digest(n), created_by=f"RUN {n}", step=2 * at + 1)
        for at, n in enumerate(numbers)
    )
    return Sbom(subject=Subject(name=name, image_id=digest(99)), layers=layers, facts=facts, **more)


def chain(name, *numbers, created=""):
    return Chain(
        name=name,
        digest=digest(len(numbers)),
        created=created,
        diff_ids=tuple(map(digest, numbers)),
    )


LABELS = (("base-digest", digest(7)), ("base-name", "registry.example/base:1"))


def test_the_longest_chain_that_begins_the_image_is_its_base():
    known = [chain("os", 1), chain("java", 1, 2), chain("other", 3), chain("longer", 1, 2, 4)]
    base = base_of(image(1, 2, 3), known)
    assert (base.name, base.layers, base.by) == ("java", 2, "chain")
    assert base_layers(image(1, 2, 3), base) == {digest(1), digest(2)}


def test_an_image_is_not_its_own_base_and_one_without_layers_is_none():
    assert base_of(image(1, 2), [chain("itself", 1, 2), chain("empty")]) is None
    assert base_of(image(), [chain("os", 1)]) is None


def test_of_equal_chains_the_newest_image_is_the_base_whatever_their_order():
    known = [chain("old", 1, created="2023"), chain("new", 1, created="2024"), chain("x", 1)]
    assert base_of(image(1, 2), known).name == base_of(image(1, 2), known[::-1]).name == "new"


def test_a_label_names_a_base_whose_layers_are_not_known():
    base = base_of(image(1, 2, facts=LABELS))
    assert base == Base(name="registry.example/base:1", digest=digest(7), by="label")
    assert base_layers(image(1, 2), base) == frozenset()


def test_a_chain_counts_before_a_label_which_may_be_inherited():
    assert base_of(image(1, 2, facts=LABELS), [chain("os", 1)]).name == "os"


def test_what_the_caller_gives_counts_before_all_and_is_kept():
    sbom = image(1, 2, 3, facts=LABELS)
    base = given(sbom, chain("os", 1, created="2024-01-01T00:00:00Z"))
    told = with_base(sbom, base)
    assert told.facts == (
        ("base-by", "given"),
        ("base-created", "2024-01-01T00:00:00Z"),
        ("base-digest", digest(1)),
        ("base-layers", "1"),
        ("base-name", "os"),
    )
    assert base_of(told, [chain("java", 1, 2)]) == base
    assert with_base(told, base) == told


def test_a_base_that_the_image_is_not_built_on_is_refused():
    with pytest.raises(InputError, match="of its 2 layers app begins with 1"):
        given(image(1, 2, 3), chain("java", 1, 9))


@pytest.mark.parametrize("layers", ["x", "-1", "9", "9" * 9, "²"])
def test_facts_of_a_document_may_be_anything(layers):
    base = base_of(image(1, 2, facts=(("base-layers", layers), ("base-name", "b"))))
    assert (base.layers, base.by) == (0, "label")


def test_a_component_is_the_bases_where_all_its_places_are():
    base = base_of(image(1, 2), [chain("os", 1)])
    layers = base_layers(image(1, 2), base)

    def seen(*numbers):
        places = tuple(Evidence(path="x", layer=n and digest(n)) for n in numbers)
        return Component(purl="pkg:a/b@1", name="b", version="1", evidence=places)

    assert origin(seen(1), base, layers) == "base"
    again = Evidence(path="x", layer=digest(1), rewritten=digest(2))
    rewritten = Component(purl="pkg:a/b@1", name="b", version="1", evidence=(again,))
    assert origin(rewritten, base, layers) == "own"
    assert origin(seen(1, 2), base, layers) == "own"
    assert origin(seen(2), base, layers) == "own"
    assert origin(seen(None), base, layers) == "unknown"
    assert origin(seen(), base, layers) == "unknown"
    assert origin(seen(1), None, frozenset()) == "unknown"


@examples(
    st.lists(st.integers(0, 3), max_size=6), st.lists(st.lists(st.integers(0, 3), max_size=6))
)
def test_a_base_is_always_how_the_image_begins(layers, known):
    base = base_of(image(*layers), [chain(str(n), *each) for n, each in enumerate(known)])
    fitting = [
        each for each in known if 0 < len(each) < len(layers) and layers[: len(each)] == each
    ]
    assert (base.layers if base else 0) == max(map(len, fitting), default=0)


OLD, NEW, OTHER = "pkg:npm/%40a/b@1.0", "pkg:npm/%40a/b@1.1", "pkg:deb/debian/c@1?arch=amd64"
HISTORY = (
    Change(event="introduced", purl=OLD, layer=digest(1), path="p"),
    Change(event="introduced", purl=OTHER, layer=digest(1), path="q"),
    Change(event="upgraded", purl=NEW, layer=digest(2), path="p", replaces=OLD),
    Change(event="removed", purl=OTHER, layer=digest(2), path="q"),
)


def test_each_layer_tells_what_it_did_and_by_which_step():
    sbom = image(1, 2, 3, facts=(("steps", "6"),), history=HISTORY)
    told = past(sbom, base_of(sbom, [chain("os", 1)]))
    assert told.steps == 6
    assert [(x.number, x.step, x.origin) for x in told.layers] == [
        (1, 1, "base"),
        (2, 3, "own"),
        (3, 5, "own"),
    ]
    assert [(x.introduced, x.upgraded, x.removed) for x in told.layers] == [
        (2, 0, 0),
        (0, 1, 1),
        (0, 0, 0),
    ]


@pytest.mark.parametrize("name", [OLD, NEW, "pkg:npm/%40a/b", "b", "@a/b"])
def test_a_package_is_named_by_purl_or_name(name):
    told = past(image(1, 2, history=HISTORY), None, name)
    assert [c.event for layer in told.layers for c in layer.changes] in (
        ["introduced", "upgraded"],
        ["upgraded"],
    )
    assert {layer.origin for layer in told.layers} == {"unknown"}


def test_what_no_layer_brought_and_an_sbom_without_layers_are_told():
    with pytest.raises(InputError, match="no layer brought it"):
        past(image(1, history=HISTORY), None, "nothing")
    with pytest.raises(InputError, match="tells of no layers"):
        past(image(), None)


def test_a_document_without_history_tells_since_when_its_components_are_there():
    one = Component(
        purl=OLD, name="b", version="1", evidence=(Evidence(path="p", layer=digest(2)),)
    )
    told = past(image(1, 2, components=(one,)), None)
    assert told.layers[1].changes == (
        Change(event="introduced", purl=OLD, layer=digest(2), path="p"),
    )


def test_events_of_a_layer_that_comes_twice_are_told_once():
    told = past(image(1, 2, 2, history=HISTORY), None)
    assert [len(layer.changes) for layer in told.layers] == [2, 2, 0]


def test_the_chain_of_an_image_is_asked_by_its_manifest():
    assert chain_of(image(1, 2)).digest == digest(99)
    assert chain_of(image(1, 2)).diff_ids == (digest(1), digest(2))
