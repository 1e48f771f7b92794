"""Programs that state their own version stand beside no package that owns their file."""

import pytest
from make_image import OS_RELEASE, image_of, tar

from sbom.build import build

RELEASE = ("etc/os-release", OS_RELEASE)
NGINX = b"\x7fELF" + b"\0" * 5_000 + b"nginx version: nginx/%s\0"
OLD, NEW = NGINX % b"1.24.0", NGINX % b"1.25.3"
STATUS = (
    "var/lib/dpkg/status",
    b"Package: nginx\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.24.0-1\n",
)
OWNERS = {
    "dpkg": [STATUS, ("var/lib/dpkg/info/nginx.list", b"/.\n/usr/sbin/nginx\n")],
    "apk": [
        ("lib/apk/db/installed", b"P:nginx\nV:1.24.0-r1\nA:x86_64\nF:usr/sbin\nR:nginx\n\n"),
    ],
    "pacman": [
        ("var/lib/pacman/local/nginx-1.24.0-1/desc", b"%NAME%\nnginx\n\n%VERSION%\n1.24.0-1\n"),
        ("var/lib/pacman/local/nginx-1.24.0-1/files", b"%FILES%\nusr/sbin/nginx\n"),
    ],
    "portage": [
        ("var/db/pkg/www-servers/nginx-1.24.0/PF", b"nginx-1.24.0\n"),
        ("var/db/pkg/www-servers/nginx-1.24.0/CONTENTS", b"obj /usr/sbin/nginx 00 1\n"),
    ],
    "conda": [
        (
            "usr/conda-meta/nginx-1.24.0-0.json",
            b'{"name": "nginx", "version": "1.24.0", "files": ["sbin/nginx"]}',
        ),
    ],
}


def sbom_of(folder, *layers):
    return build(image_of(folder, *layers))


def stand_ins(sbom):
    return [c.purl for c in sbom.components if c.purl.startswith("pkg:generic/nginx")]


def test_a_program_without_a_package_is_a_component_with_its_cpe(tmp_path):
    sbom = sbom_of(tmp_path, tar(RELEASE, ("opt/nginx/sbin/nginx", NEW)))
    [nginx] = sbom.components
    assert (nginx.purl, nginx.name, nginx.maker) == ("pkg:generic/nginx@1.25.3", "nginx", None)
    assert nginx.cpes == ("cpe:2.3:a:f5:nginx:1.25.3:*:*:*:*:*:*:*",)
    assert nginx.evidence[0].reader == "programs"


@pytest.mark.parametrize("owner", OWNERS)
def test_the_package_that_owns_the_file_speaks_for_it(tmp_path, owner):
    program = ("usr/sbin/nginx", OLD)
    sbom = sbom_of(tmp_path, tar(RELEASE, *OWNERS[owner], program, ("opt/nginx", NEW)))
    assert stand_ins(sbom) == ["pkg:generic/nginx@1.25.3"]
    assert len(sbom.components) == 2
    assert sorted(c.purl for c in sbom.history) == sorted(c.purl for c in sbom.components)


def test_a_link_to_the_folder_changes_nothing(tmp_path):
    files = [STATUS, ("var/lib/dpkg/info/nginx.list", b"/sbin/nginx\n")]
    links = [("usr/sbin", None), ("sbin", "usr/sbin")]
    sbom = sbom_of(tmp_path, tar(RELEASE, *links, *files, ("usr/sbin/nginx", OLD)))
    assert stand_ins(sbom) == []


def test_history_leaves_out_what_was_owned_and_is_gone(tmp_path):
    installed = tar(RELEASE, *OWNERS["dpkg"], ("usr/sbin/nginx", OLD))
    removed = tar(
        ("var/lib/dpkg/status", b""),
        ("var/lib/dpkg/info/.wh.nginx.list", b""),
        ("usr/sbin/.wh.nginx", b""),
    )
    sbom = sbom_of(tmp_path, installed, removed)
    assert sbom.components == ()
    assert [(c.event, c.purl.partition("/")[0]) for c in sbom.history] == [
        ("introduced", "pkg:deb"),
        ("removed", "pkg:deb"),
    ]


def test_an_upgrade_by_hand_is_told(tmp_path):
    sbom = sbom_of(tmp_path, tar(RELEASE, ("opt/nginx", OLD)), tar(("opt/nginx", NEW)))
    assert [(c.event, c.purl, c.replaces) for c in sbom.history] == [
        ("introduced", "pkg:generic/nginx@1.24.0", None),
        ("upgraded", "pkg:generic/nginx@1.25.3", "pkg:generic/nginx@1.24.0"),
    ]


def test_a_package_of_pacman_is_the_distributions(tmp_path):
    release = ("etc/os-release", b'ID=arch\nNAME="Arch Linux"\n')
    sbom = sbom_of(tmp_path, tar(release, *OWNERS["pacman"]))
    assert [c.purl for c in sbom.components] == [
        "pkg:alpm/arch/nginx@1.24.0-1?distro=arch",
    ]
    assert sbom.problems == ()
