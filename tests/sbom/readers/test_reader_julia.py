"""Julia's depots and manifests."""

from reader_files import both, found

UUID = "682c06a0-de6a-54ab-a142-c8b1cf79cde6"
DEPOT = "root/.julia/packages/JSON/93Ea8"
PROJECT = f'name = "JSON"\nuuid = "{UUID}"\nversion = "0.21.4"\n\n[deps]\nname = "Dates"\n'.encode()


def test_an_installed_package_is_there():
    [each] = found("julia", PROJECT, f"{DEPOT}/Project.toml")
    assert (each.type, each.name, each.version) == ("julia", "JSON", "0.21.4")
    assert (each.qualifiers, each.scope) == ((("uuid", UUID),), "required")


def test_the_project_of_its_tests_is_not():
    assert found("julia", PROJECT, "root/.julia/packages/Other/93Ea8/Project.toml") == []


def test_manifests_of_both_forms_name_what_is_optional():
    entry = f'git-tree-sha1 = "00"\nuuid = "{UUID}"\nversion = "0.21.4"\n\n'
    library = '[[{}Dates]]\nuuid = "ade2ca70-3891-5945-98fb-dc099432e06a"\n\n'
    local = f'[[{{}}Mine]]\npath = "../Mine"\nuuid = "{UUID}"\nversion = "0.1.0"\n'
    for prefix in ("", "deps."):
        text = f'julia_version = "1.9.4"\n\n[[{prefix}JSON]]\n{entry}'
        text += library.format(prefix) + local.format(prefix)
        [each] = found("julia", text.encode(), "app/Manifest.toml")
        assert (each.name, each.version, each.scope) == ("JSON", "0.21.4", "optional")
        assert found("julia", text.encode(), f"{DEPOT}/Manifest.toml") == []


def test_a_package_without_a_version_is_a_problem():
    packages, [problem] = both(
        "julia", PROJECT.replace(b"version", b"compat"), f"{DEPOT}/Project.toml"
    )
    assert packages == []
    assert "no version" in problem.what
