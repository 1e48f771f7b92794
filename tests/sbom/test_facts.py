"""Facts of an image's configuration: SP 800-190, 4.1.2."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_image import OS_RELEASE, READERS, image_of, tar

from sbom.build import build
from sbom.facts import MOST, SSHD, facts_named, image_facts, runs_as_root
from sbom.image.users import names_and_numbers
from sbom.model import Component
from sbom.sources import open_image

DIGEST = "sha256:" + "a" * 64
RUNNING = {
    "User": "1000:1000",
    "ExposedPorts": {"8080/tcp": {}, "22": {}, "53/udp": {}},
    "Env": ["PATH=/bin", "DB_PASSWORD=hunter2", "API_TOKEN=", "GPG_KEY=ABCD", "odd"],
    "Entrypoint": ["/entry", "--token", "hunter2"],
    "Cmd": ["serve", "--db=postgres://me:hunter2@db/x"],
    "Volumes": {"/data": {}},
    "WorkingDir": "/srv",
    "StopSignal": "SIGQUIT",
    "Healthcheck": {"Test": ["CMD-SHELL", "curl -u x --password hunter2 localhost"]},
    "Labels": {
        "org.opencontainers.image.source": "https://git.example/app",
        "org.opencontainers.image.base.name": "registry.example/base:1",
        "maintainer": "x",
    },
}


def facts(config, annotations=(), components=(), programs=()):
    found, problems = image_facts(json.dumps(config).encode(), annotations, components, programs)
    return found, problems


def test_each_fact_is_told_and_no_secret_is():
    found, problems = facts({"config": RUNNING, "created": "2024-01-02T03:04:05Z", "author": "A"})
    assert not problems
    assert found == (
        ("author", "A"),
        ("base-name", "registry.example/base:1"),
        ("command", "serve --db=postgres://***@db/x"),
        ("config", "read"),
        ("created", "2024-01-02T03:04:05Z"),
        ("entrypoint", "/entry --token ***"),
        ("exposed-port", "22/tcp"),
        ("exposed-port", "53/udp"),
        ("exposed-port", "8080/tcp"),
        ("healthcheck", "curl -u x --password *** localhost"),
        ("label-org.opencontainers.image.source", "https://git.example/app"),
        ("runs-as-root", "no"),
        ("secret-variable", "DB_PASSWORD"),
        ("ssh", "port 22 is exposed"),
        ("stop-signal", "SIGQUIT"),
        ("user", "1000:1000"),
        ("volume", "/data"),
        ("workdir", "/srv"),
    )
    assert "hunter2" not in str(found)


def test_the_manifest_counts_before_the_labels():
    found, _ = facts(
        {"config": RUNNING},
        [
            ("org.opencontainers.image.base.digest", DIGEST),
            ("org.opencontainers.image.source", "s"),
        ],
    )
    assert facts_named(found, "base-digest") == (DIGEST,)
    assert facts_named(found, "label-org.opencontainers.image.source") == ("s",)


@pytest.mark.parametrize(
    ("user", "root"),
    [
        ("", "yes"), ("0", "yes"), ("root", "yes"), ("root:app", "yes"), ("00:0", "yes"),
        ("1000", "no"), ("1000:0", "no"), ("app", "unknown"), ("app:root", "unknown"),
    ],
)  # fmt: skip
def test_root_is_known_by_name_and_number(user, root):
    assert runs_as_root(user) == root


PASSWD = b"root:x:0:0:root:/root:/bin/sh\ntoor:x:00:0::/:\napp:hash:1000:1000::/:\nodd\napp:x:0:0\n"


@pytest.mark.parametrize(
    ("user", "root"), [("toor", "yes"), ("app", "no"), ("app:root", "no"), ("odd", "unknown")]
)
def test_a_name_means_what_the_passwd_file_says(tmp_path, user, root):
    layer = tar(("etc/os-release", OS_RELEASE), ("etc/passwd", PASSWD))
    sbom = build(image_of(tmp_path, layer, config={"User": user}), readers=READERS)
    assert facts_named(sbom.facts, "runs-as-root") == (root,)


@given(st.binary(max_size=80) | st.just(PASSWD))
def test_of_the_users_only_names_and_numbers_are_kept(data):
    kept = names_and_numbers(data)
    assert b"hash" not in kept
    assert all(line.rpartition(b":")[2].isdigit() for line in kept.splitlines())


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (None, "none"),
        ({"Test": []}, "none"),
        ({"Test": ["NONE"]}, "disabled"),
        ({"Test": ["CMD", "a", "b"]}, "a b"),
    ],
)
def test_a_health_check_is_a_command_or_none(check, told):
    found, _ = facts({"config": {"Healthcheck": check}})
    assert facts_named(found, "healthcheck") == (told,)


def test_ssh_is_seen_by_port_package_and_program():
    server = Component(purl="pkg:deb/debian/openssh-server@1", name="openssh-server", version="1")
    client = Component(purl="pkg:deb/debian/openssh-client@1", name="openssh-client", version="1")
    found, _ = facts({"config": RUNNING}, (), [client, server], ["usr/sbin/sshd"])
    assert facts_named(found, "ssh") == (
        "package openssh-server 1",
        "port 22 is exposed",
        "program /usr/sbin/sshd",
    )


def test_the_program_of_a_ssh_server_is_found_in_the_final_file_system(tmp_path):
    base = tar(("etc/os-release", OS_RELEASE), ("usr/sbin/sshd", b"x"))
    kept = build(image_of(tmp_path / "a", base, tar(("etc/x", b""))), readers=READERS)
    gone = build(image_of(tmp_path / "b", base, tar(("usr/sbin/.wh.sshd", b""))), readers=READERS)
    assert facts_named(kept.facts, "ssh") == ("program /usr/sbin/sshd",)
    assert facts_named(gone.facts, "ssh") == ("none",)
    assert b"usr/sbin/sshd" in SSHD


def test_a_folder_has_no_configuration_and_says_so(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_bytes(OS_RELEASE)
    sbom = build(open_image(f"dir:{tmp_path}"), readers=READERS)
    assert sbom.facts == (("config", "none"), ("ssh", "none"))


def test_a_configuration_without_settings_means_root():
    found, problems = facts({"os": "linux"})
    assert dict(found)["runs-as-root"] == "yes"
    assert dict(found)["user"] == "root"
    assert not problems


@pytest.mark.parametrize("member", sorted(RUNNING))
def test_a_member_of_a_wrong_type_is_a_problem_and_nothing_else_is_lost(member):
    found, problems = facts({"config": RUNNING | {member: 7}})
    assert [problem.effect for problem in problems] == ["field_lost"]
    assert len(found) >= len(RUNNING)


@pytest.mark.parametrize("config", [b"{", b"[]", b"7", b"\xff", b"[" * 9000, b'{"config":[1]}'])
def test_a_broken_configuration_is_a_problem(config):
    found, problems = image_facts(config, (), (), ())
    assert problems
    assert ("ssh", "none") in found


def test_very_many_facts_are_bounded_and_told_of():
    found, problems = facts({"config": {"Volumes": {f"/{n}": {} for n in range(MOST + 9)}}})
    assert len(facts_named(found, "volume")) == MOST
    assert "265 values" in problems[0].what


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from([*RUNNING, "config", "Test", "history"]) | st.text(), inner
        )
    ),
    max_leaves=20,
)


@given(st.fixed_dictionaries({"config": JSON, "created": JSON, "history": JSON}) | JSON)
def test_any_configuration_gives_sorted_facts(config):
    found, _ = facts(config)
    assert list(found) == sorted(set(found))
    assert all(isinstance(text, str) for fact in found for text in fact)


def test_a_user_of_other_digits_is_no_number():
    assert runs_as_root("\uff10") == runs_as_root("\u0661\u0662") == "unknown"
