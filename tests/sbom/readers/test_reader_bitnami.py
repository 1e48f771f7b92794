"""Bitnami's SPDX documents."""

import json

from reader_files import both, found

PATH = "opt/bitnami/redis/.spdx-redis.spdx"


def document(*packages):
    return json.dumps({"spdxVersion": "SPDX-2.3", "packages": packages}).encode()


def package(purl, **more):
    references = [
        {
            "referenceCategory": "SECURITY",
            "referenceType": "cpe23Type",
            "referenceLocator": "cpe:x",
        },
        {"referenceType": "purl", "referenceLocator": purl},
    ]
    return {"name": "n", "externalRefs": references, **more}


def test_each_package_is_named_by_its_purl():
    data = document(
        package(
            "pkg:bitnami/redis@7.2.4-0?arch=amd64&distro=debian-12",
            supplier="Organization: Vendor, Inc.",
            licenseDeclared="NOASSERTION",
            licenseConcluded="BSD-3-Clause",
        ),
        package("pkg:golang/github.com/a/b@v1.2.3#c", supplier="NOASSERTION"),
    )
    redis, module = found("bitnami", data, PATH)
    assert (redis.type, redis.name, redis.version) == ("bitnami", "redis", "7.2.4-0")
    assert redis.qualifiers == (("arch", "amd64"), ("distro", "debian-12"))
    assert (redis.vendor, redis.licenses) == ("Vendor, Inc.", ("BSD-3-Clause",))
    assert (module.namespace, module.name, module.subpath) == ("github.com/a", "b", "c")
    assert (module.vendor, module.licenses) == ("", ())


def test_a_package_without_a_name_elsewhere_is_a_problem():
    data = document({"name": "a"}, package("pkg:npm/x"), 7, package("pkg:npm/y@1"))
    things, problems = both("bitnami", data, PATH)
    assert [each.name for each in things] == ["y"]
    assert [problem.where for problem in problems] == [f"{PATH}: packages[{n}]" for n in range(3)]


def test_another_document_is_a_problem():
    assert both("bitnami", b"SPDXVersion: SPDX-2.3", PATH)[1][0].effect == "source_lost"
