"""What MakeMaker and cpanminus write of installations."""

import pytest
from reader_files import both, found

POD = "usr/local/lib/perl5/5.36.0/perllocal.pod"
META = "usr/local/lib/perl5/.meta/Try-Tiny-0.31/install.json"


def block(module, *lines):
    items = "".join(f"=item *\n\n{line}\n\n" for line in lines)
    head = f"=head2 Tue Jan  2 03:04:05 2024: C<Module> L<{module}|{module}>\n\n"
    return f"{head}=over 4\n\n{items}=back\n\n"


def test_of_a_distribution_installed_again_the_last_version_counts():
    text = (
        block("Try::Tiny", "C<installed into: /usr/local>", "C<VERSION: 0.30>", "C<EXE_FILES: >")
        + block("Moo", "C<VERSION: 2.005005>")
        + block("Try::Tiny", "C<VERSION: 0.31>")
    )
    packages = found("perl", text.encode(), POD)
    assert [(e.type, e.name, e.version) for e in packages] == [
        ("cpan", "Try-Tiny", "0.31"),
        ("cpan", "Moo", "2.005005"),
    ]


def test_cpanminus_names_the_same_distribution():
    data = (
        b'{"name": "Try::Tiny", "dist": "Try-Tiny-0.31", "version": "0.31", "provides": {},'
        b'"pathname": "E/ET/AUTHOR/Try-Tiny-0.31.tar.gz", "target": "Try::Tiny"}'
    )
    [each] = found("perl", data, META)
    assert (each.type, each.name, each.version) == ("cpan", "Try-Tiny", "0.31")


@pytest.mark.parametrize(
    ("dist", "name", "version"),
    [
        ("libwww-perl-6.76", "libwww-perl", "6.76"),
        ("Net-SSLeay-v1.92-TRIAL", "Net-SSLeay", "v1.92-TRIAL"),
        ("IO-Socket-INET6-2.73", "IO-Socket-INET6", "2.73"),
    ],
)
def test_the_version_follows_the_last_hyphen_before_a_number(dist, name, version):
    [each] = found("perl", f'{{"dist": "{dist}"}}'.encode(), META)
    assert (each.name, each.version) == (name, version)


def test_what_has_no_version_is_a_problem():
    text = block("A", "C<EXE_FILES: >") + block("B", "C<VERSION: 1>")
    packages, [problem] = both("perl", text.encode(), POD)
    assert [e.name for e in packages] == ["B"]
    assert problem.where == f"{POD}: A"
    assert both("perl", b"7", META)[1]
    assert both("perl", b"{}", META)[1]
