"""PEAR's registry."""

import pytest
from reader_files import both, found

PATH = "usr/local/lib/php/.registry/.channel.pecl.php.net/xdebug.reg"


def text(value):
    return f's:{len(value)}:"{value}";'


def record(license_, version="3.3.1"):
    fields = (
        ("attribs", f"a:1:{{{text('version')}{text('2.0')}}}"),
        ("name", text("xdebug")),
        ("channel", text("pecl.php.net")),
        ("version", f"a:2:{{{text('release')}{text(version)}{text('api')}{text('3')}}}"),
        ("license", license_),
    )
    return f"a:5:{{{''.join(text(key) + value for key, value in fields)}}}".encode()


@pytest.mark.parametrize(
    "license_",
    [
        text("PHP-3.01"),
        f"a:2:{{{text('attribs')}a:1:{{{text('uri')}{text('x')}}}{text('_content')}{text('PHP-3.01')}}}",
    ],
)
def test_an_extension_of_pecl(license_):
    [each] = found("pear", record(license_), PATH)
    assert (each.type, each.namespace, each.name) == ("pear", "pecl.php.net", "xdebug")
    assert (each.version, each.licenses) == ("3.3.1", ("PHP-3.01",))


def test_what_is_missing_is_a_problem():
    assert "no name" in both("pear", b"a:0:{}", PATH)[1][0].what
    assert "no version" in both("pear", text("name").encode() + b's:1:"a";', PATH)[1][0].what
