"""Maven coordinates inside of jars, and of jars that do not state them."""

import io
import struct
import zipfile

import pytest
from reader_files import archive, both, found

from sbom.readers import java, zipped


def properties(group, artifact, version):
    place = f"META-INF/maven/{group}/{artifact}/pom.properties"
    return {place: f"#made by hand\nversion={version}\r\ngroupId={group}\nartifactId={artifact}\n"}


def coordinates(data, path):
    return [f"{e.namespace}:{e.name}:{e.version}" for e in found("java", data, path)]


def manifest(**attributes):
    lines = [f"{key.replace('_', '-')}: {value}" for key, value in attributes.items()]
    return {"META-INF/MANIFEST.MF": "\r\n".join(["Manifest-Version: 1.0", *lines, "", ""])}


@pytest.mark.parametrize("packed", [True, False])
def test_the_properties_of_maven_are_read(packed):
    jar = archive(properties("commons-io", "commons-io", "2.2"), packed=packed)
    [each] = found("java", jar, "opt/lib/commons-io-2.2.jar")
    assert (each.type, each.namespace, each.name, each.version) == (
        *("maven", "commons-io"),
        *("commons-io", "2.2"),
    )
    assert each.inside == "META-INF/maven/commons-io/commons-io/pom.properties"


def test_shaded_artifacts_are_components_too():
    jar = archive(
        {
            **properties("com.example", "uber", "7.7"),
            **properties("com.google.code.gson", "gson", "2.8.5"),
        }
    )
    assert coordinates(jar, "opt/uber-7.7.jar") == [
        "com.example:uber:7.7",
        "com.google.code.gson:gson:2.8.5",
    ]


def test_a_stored_entry_that_lies_about_its_size_is_not_read():
    inner = archive(properties("commons-io", "commons-io", "2.2"), packed=False)
    outer = bytearray(archive({"inner.jar": inner}, packed=False))
    # The size stands at 24 of its entry in the directory: here none, so that it costs nothing.
    at = outer.rindex(b"PK\1\2")
    outer[at + 24 : at + 28] = bytes(4)
    told = both("java", bytes(outer), "outer.jar")
    assert "its size is not the one that is stated" in str(told)
    assert "commons-io" not in str(told)


def test_a_pom_speaks_where_there_are_no_properties():
    pom = """<?xml version="1.0"?>
    <project xmlns="http://maven.apache.org/POM/4.0.0"><!-- comment -->
      <parent><groupId>org.acme</groupId><artifactId>parent</artifactId><version>4</version></parent>
      <artifactId>tool</artifactId>
      <dependencies><dependency><artifactId>other</artifactId></dependency></dependencies>
    </project>"""
    jar = archive({"META-INF/maven/org.acme/tool/pom.xml": pom})
    assert coordinates(jar, "tool.jar") == ["org.acme:tool:4"]
    both_there = archive(
        {
            "META-INF/maven/org.acme/tool/pom.xml": pom,
            **properties("org.acme", "tool", "4.1"),
        }
    )
    assert coordinates(both_there, "tool.jar") == ["org.acme:tool:4.1"]


@pytest.mark.parametrize(
    "text",
    [
        "<project><artifactId>x</artifactId></project>",
        "<project><version>${revision}</version><groupId>g</groupId><artifactId>x</artifactId></project>",
        "<project>",
        "",
        '<!DOCTYPE p [<!ENTITY a "b">]><project><artifactId>&a;</artifactId></project>',
        "<a>" * 100_000,
    ],
)
def test_a_pom_that_states_too_little_is_a_problem(text):
    things, [problem] = both("java", archive({"META-INF/maven/g/x/pom.xml": text}), "a.jar")
    assert things == []
    assert problem.where == "a.jar!/META-INF/maven/g/x/pom.xml"


def test_archives_in_archives_are_read_with_their_place():
    inner = archive(properties("org.slf4j", "slf4j-api", "1.7.25"))
    war = archive({"WEB-INF/lib/slf4j-api-1.7.25.jar": inner}, packed=False)
    ear = archive({"app.war": war})
    [each] = found("java", ear, "opt/app.ear")
    assert each.name == "slf4j-api"
    assert each.inside == (
        "app.war!/WEB-INF/lib/slf4j-api-1.7.25.jar!/"
        "META-INF/maven/org.slf4j/slf4j-api/pom.properties"
    )


def test_a_script_before_an_archive_is_no_hindrance():
    jar = b"#!/bin/sh\nexec java -jar $0\n" + archive(properties("g.h", "a", "1"))
    assert coordinates(jar, "a.jar") == ["g.h:a:1"]


@pytest.mark.parametrize(
    ("file", "attributes", "expected"),
    [
        (
            "spring-core-5.3.17",
            {"Implementation_Title": "spring-core"},
            "org.springframework:spring-core:5.3.17",
        ),
        (
            "commons-fileupload-1.3.1",
            {"Implementation_Vendor_Id": "org.apache"},
            "commons-fileupload:commons-fileupload:1.3.1",
        ),
        ("commons-text-1.9", {}, "org.apache.commons:commons-text:1.9"),
        ("jakarta.xml.bind-api-4.0.0", {}, "jakarta.xml.bind:jakarta.xml.bind-api:4.0.0"),
        ("dom4j-1.6.1", {}, "dom4j:dom4j:1.6.1"),
        ("dom4j-2.1.3", {}, "org.dom4j:dom4j:2.1.3"),
        ("tool-1.0", {"Implementation_Vendor_Id": "org.acme.tools"}, "org.acme.tools:tool:1.0"),
        (
            "tool-core-1.0",
            {"Bundle_SymbolicName": "org.acme.tool.core;singleton:=true"},
            "org.acme.tool:tool-core:1.0",
        ),
        (
            "acme-tool-1.0",
            {"Bundle_SymbolicName": "org.example.acme-tool"},
            "org.example:acme-tool:1.0",
        ),
        (
            "boot",
            {
                "Implementation_Title": "shop",
                "Implementation_Version": "2.3.0",
                "Start_Class": "com.example.shop.Main",
            },
            "com.example.shop:shop:2.3.0",
        ),
        (
            "git",
            {
                "Plugin_Version": "4.0 (private)",
                "Short_Name": "git",
                "Group_Id": "org.jenkins-ci.plugins",
            },
            "org.jenkins-ci.plugins:git:4.0",
        ),
        ("tool-1.0-all", {"Implementation_Vendor_Id": "org.acme"}, "org.acme:tool:1.0"),
    ],
)
def test_a_jar_without_maven_metadata_is_known_by_rules(file, attributes, expected):
    assert coordinates(archive(manifest(**attributes)), f"lib/{file}.jar") == [expected]


def test_the_package_of_all_classes_is_the_last_rule():
    jar = archive({**manifest(), "org/acme/tool/A.class": b"", "org/acme/net/b/B.class": b""})
    assert coordinates(jar, "thing-2.0.jar") == ["org.acme:thing:2.0"]
    jar = archive({"org/acme/thing/A.class": b"", "org/acme/thing/impl/B.class": b""})
    assert coordinates(jar, "thing-2.0.jar") == ["org.acme:thing:2.0"]


def test_a_group_that_no_rule_gives_is_a_problem_and_not_invented():
    jar = archive({"one/A.class": b"", "two/B.class": b""})
    things, [problem] = both("java", jar, "lib/thing-2.0.jar")
    assert things == []
    assert "thing 2.0" in problem.what


@pytest.mark.parametrize(
    ("file", "attributes"),
    [
        ("app", {}),
        (
            "rt",
            {
                "Specification_Title": "Java Platform API Specification",
                "Implementation_Version": "17.0.1",
            },
        ),
        ("tool-1.0-sources", {"Implementation_Vendor_Id": "org.acme"}),
    ],
)
def test_a_jar_that_is_no_artifact_is_none(file, attributes):
    assert both("java", archive(manifest(**attributes)), f"lib/{file}.jar") == ([], [])


def test_lines_of_a_manifest_go_on_after_a_space():
    text = "Manifest-Version: 1.0\nImplementation-Vendor-Id: org.ac\n me\n\nName: x\n"
    assert coordinates(archive({"META-INF/MANIFEST.MF": text}), "tool-1.jar") == ["org.acme:tool:1"]


def test_the_own_pom_of_a_jar_speaks_before_its_manifest():
    jar = archive(manifest(Implementation_Vendor_Id="org.wrong") | properties("g.h", "tool", "1.0"))
    assert coordinates(jar, "tool-1.0.jar") == ["g.h:tool:1.0"]
    assert coordinates(jar, "renamed-1.0.jar") == ["g.h:tool:1.0"]


@pytest.mark.parametrize("data", [b"", b"PK\3\4", b"no archive" * 50])
def test_what_is_no_archive_is_a_problem(data):
    things, [problem] = both("java", data, "lib/a.jar")
    assert things == []
    assert problem.effect == "source_lost"


def test_a_damaged_jar_inside_leaves_the_others():
    good = archive(properties("g.h", "a", "1"))
    war = archive({"WEB-INF/lib/bad.jar": b"garbage", "WEB-INF/lib/a-1.jar": good})
    [each], [problem] = both("java", war, "x.war")
    assert each.name == "a"
    assert problem.where == "x.war!/WEB-INF/lib/bad.jar"


def test_archives_nested_without_end_end():
    jar = archive(properties("g.h", "a", "1"))
    for _ in range(java.DEEPEST + 3):
        jar = archive({"a.jar": jar})
    things, [problem] = both("java", jar, "a.jar")
    assert things == []
    assert problem.where == "a.jar!/" + "!/".join(["a.jar"] * (java.DEEPEST + 1))


def test_a_bomb_is_not_unpacked():
    bomb = archive({f"{n}.jar": b"\0" * (30 << 20) for n in range(4)})
    things, problems = both("java", bomb, "a.jar")
    assert things == []
    assert "too many bytes" in problems[-1].what


def test_a_stated_size_that_is_a_lie_is_found_out():
    data = bytearray(archive({"META-INF/maven/g/a/pom.properties": b"x" * 5000}))
    at = data.rindex(b"PK\1\2") + 24
    data[at : at + 4] = struct.pack("<I", 10)
    _, [problem] = both("java", bytes(data), "a.jar")
    assert "size" in problem.what


def test_entries_are_those_that_the_standard_library_sees():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.comment = b"a comment"
        for number in range(300):
            made.writestr(f"folder/ü{number}", str(number) * number)
    data = out.getvalue()
    with zipfile.ZipFile(io.BytesIO(data)) as seen:
        expected = [(info.filename.encode(), seen.read(info)) for info in seen.infolist()]
    assert [(e.name, zipped.content(data, e, 1 << 20)) for e in zipped.entries(data)] == expected


def test_an_archive_of_more_than_sixty_five_thousand_entries():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for number in range(65_600):
            made.writestr(zipfile.ZipInfo(f"{number:05}"), b"")
    assert sum(1 for _ in zipped.entries(out.getvalue())) == 65_600


def test_a_known_artifact_is_named_beside_what_was_shaded_into_it():
    inside = {
        "META-INF/MANIFEST.MF": "Bundle-Version: 4.2.3\n",
        **properties("cglib", "cglib", "3.2.12"),
    }
    assert coordinates(archive(inside), "usr/share/java/guice.jar") == [
        "cglib:cglib:3.2.12",
        "com.google.inject:guice:4.2.3",
    ]
    # A build may call its only artifact as it likes.
    assert len(coordinates(archive(inside), "app/server.jar")) == 1


def test_a_number_that_a_distribution_adds_is_left_out():
    text = "Bundle-Name: tomcat-coyote\nBundle-SymbolicName: org.apache.tomcat-coyote\n"
    data = archive({"META-INF/MANIFEST.MF": text})
    assert coordinates(data, "usr/share/java/tomcat10-coyote-10.1.6.jar") == [
        "org.apache.tomcat:tomcat-coyote:10.1.6"
    ]
