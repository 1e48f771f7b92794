"""Who makes a document stands in the format's own place, and survives every conversion."""

import json

import pytest

from lading.main import main
from sbom.documents.decoding import AUTHOR
from sbom.formats import WRITTEN, faults, read, write
from sbom.model import Component, Sbom, Subject

NAMES = ("Example Ltd", "Ärger & <Söhne>")
SBOM = Sbom(
    subject=Subject(name="app", created="2026-01-01T00:00:00Z"),
    components=(Component(purl="pkg:npm/left@1", name="left", version="1", type="npm"),),
    facts=tuple((AUTHOR, name) for name in NAMES),
)


@pytest.mark.parametrize("name", WRITTEN)
def test_every_format_says_it_and_reads_it(name):
    data = write(SBOM, name)
    assert not faults(data)
    assert read(data, name).facts == SBOM.facts
    without = write(Sbom(subject=SBOM.subject, components=SBOM.components), name)
    assert b"Example Ltd" not in without


def test_it_stands_in_the_places_of_the_specifications():
    cyclonedx = json.loads(write(SBOM, "cyclonedx-json"))
    assert [each["name"] for each in cyclonedx["metadata"]["authors"]] == list(NAMES)
    spdx = json.loads(write(SBOM, "spdx-json"))
    assert [f"Organization: {name}" for name in NAMES] == spdx["creationInfo"]["creators"][:2]
    graph = json.loads(write(SBOM, "spdx3-json"))["@graph"]
    (made,) = [each for each in graph if each["type"] == "CreationInfo"]
    named = {each.get("spdxId"): each.get("name") for each in graph}
    assert [named[id_] for id_ in made["createdBy"]] == list(NAMES)


def test_with_an_author_the_minimum_elements_are_there(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "root" / "etc").mkdir(parents=True)
    (tmp_path / "root" / "etc" / "os-release").write_text("ID=debian\nVERSION_ID=12\n")
    for author, answer in (((), False), (("--author", "Example Ltd"), True)):
        words = ["sbom", "generate", "dir:root", *author, "-o", "cyclonedx-json=a.json"]
        assert main(words) == 0
        capsys.readouterr()
        main(["sbom", "check", "a.json", "--profile", "ntia-2021", "-o", "json"])
        elements = json.loads(capsys.readouterr().out)["elements"]
        (author_element,) = [each for each in elements if each["id"] == "author"]
        assert author_element["satisfied"] is answer
