"""The dependency lists of .NET applications and runtimes, and NuGet's lock file."""

import json

import pytest
from reader_files import BUNDLE, both, dotnet_bundle, elf, found

PATH = "app/Shop.deps.json"
FRAMEWORK = ".NETCoreApp,Version=v8.0/linux-x64"
DOCUMENT = {
    "runtimeTarget": {"name": FRAMEWORK, "signature": ""},
    "targets": {
        ".NETCoreApp,Version=v8.0": {},
        FRAMEWORK: {
            "Shop/1.0.0": {"runtime": {"Shop.dll": {}}},
            "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.5": {
                "runtime": {"System.Runtime.dll": {"fileVersion": "8.0.524.21615"}}
            },
            "Serilog/3.1.1": {"runtime": {"lib/net7.0/Serilog.dll": {}}},
            "SQLite.Native/2.1.6": {"native": {"runtimes/linux-x64/native/e.so": {}}},
            "Meta.Package/1.0.0": {"dependencies": {"Serilog": "3.1.1"}},
            "Empty.Asset/2.0.0": {"runtime": {"lib/net7.0/_._": {}}},
        },
    },
    "libraries": {
        "Shop/1.0.0": {"type": "project", "serviceable": False, "sha512": ""},
        "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.5": {"type": "runtimepack"},
        "Serilog/3.1.1": {"type": "package", "sha512": "sha512-x"},
        "SQLite.Native/2.1.6": {"type": "package"},
        "Meta.Package/1.0.0": {"type": "package"},
        "Empty.Asset/2.0.0": {"type": "package"},
        "Some.Assembly/4.0.0.0": {"type": "reference"},
    },
}


def test_packages_that_brought_files_are_there_and_others_optional():
    packages = found("dotnet", json.dumps(DOCUMENT).encode(), PATH)
    assert [(e.name, e.version, e.scope) for e in packages] == [
        ("Microsoft.NETCore.App.Runtime.linux-x64", "8.0.5", "required"),
        ("Serilog", "3.1.1", "required"),
        ("SQLite.Native", "2.1.6", "required"),
        ("Meta.Package", "1.0.0", "optional"),
        ("Empty.Asset", "2.0.0", "optional"),
    ]
    assert {e.type for e in packages} == {"nuget"}


def test_a_lock_file_names_each_package_once_and_all_are_optional():
    serilog = {"type": "Direct", "requested": "[3.1.1, )", "resolved": "3.1.1"}
    lock = {
        "version": 1,
        "dependencies": {
            "net7.0": {"Serilog": serilog, "shop.core": {"type": "Project"}},
            "net8.0": {"Serilog": serilog, "Polly": {"type": "Transitive", "resolved": "8.3.0"}},
        },
    }
    packages = found("dotnet", b"\xef\xbb\xbf" + json.dumps(lock).encode(), "packages.lock.json")
    assert [(e.name, e.version, e.scope) for e in packages] == [
        ("Serilog", "3.1.1", "optional"),
        ("Polly", "8.3.0", "optional"),
    ]


def test_a_bad_entry_is_a_problem_of_that_entry():
    libraries = {"a": {"type": "package"}, "b/1": 7, "c/2": {"type": "package"}}
    packages, problems = both("dotnet", json.dumps({"libraries": libraries}).encode(), PATH)
    assert [(e.name, e.scope) for e in packages] == [("c", "optional")]
    assert [p.where for p in problems] == [f"{PATH}: libraries['a']", f"{PATH}: libraries['b/1']"]


@pytest.mark.parametrize("path", [PATH, "packages.lock.json"])
@pytest.mark.parametrize("data", [b"", b"{", b"7", b"{}", b"\xff", b"[" * 100_000])
def test_a_file_that_is_no_such_document_is_a_problem(path, data):
    packages, [problem] = both("dotnet", data, path)
    assert (packages, problem.effect) == ([], "source_lost")


def test_a_program_of_one_file_holds_its_list():
    data = json.dumps({"libraries": {"Polly/8.3.0": {"type": "package"}}}).encode()
    [each] = found("dotnet", dotnet_bundle(data), "app/server")
    assert (each.type, each.name, each.version) == ("nuget", "Polly", "8.3.0")
    _, [problem] = both("dotnet", dotnet_bundle(b"{"), "app/server")
    assert problem.where == "app/server: list of dependencies"


@pytest.mark.parametrize(
    "data",
    [
        dotnet_bundle(b"{}", major=1),
        dotnet_bundle(b"{}", header=0),
        dotnet_bundle(b"{}", header=1 << 62),
        dotnet_bundle(b"{}", size=1 << 40),
        elf({".data": BUNDLE}),
        elf({".text": b"\x90"}),
    ],
)
def test_other_programs_hold_none(data):
    assert found("dotnet", data, "app/server") == []
