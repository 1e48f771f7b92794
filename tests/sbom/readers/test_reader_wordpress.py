"""WordPress and what is installed in it."""

import pytest
from reader_files import both, found

SITE = "var/www/html"
PLUGIN = b"""<?php
/**
 * Plugin Name: Shop for All
 * Version: 8.2.1
 * Author: Acme
 * License: GPL-2.0-or-later */
"""


def test_the_version_of_wordpress_itself():
    data = b"<?php\n/** x */\n$wp_version = '6.4.2';\n$wp_db_version = 56657;\n"
    [each] = found("wordpress", data, f"{SITE}/wp-includes/version.php")
    assert (each.type, each.name, each.version) == ("generic", "wordpress", "6.4.2")
    assert each.cpes == ("cpe:2.3:a:wordpress:wordpress:6.4.2:*:*:*:*:*:*:*",)


@pytest.mark.parametrize(
    ("data", "path", "namespace", "name"),
    [
        (PLUGIN, "plugins/shop/main.php", "wordpress/plugins", "shop"),
        (PLUGIN.replace(b"\n", b"\r\n"), "plugins/shop/x.php", "wordpress/plugins", "shop"),
        (
            PLUGIN.replace(b"Plugin Name", b"Theme Name"),
            "themes/blog/style.css",
            "wordpress/themes",
            "blog",
        ),
    ],
)
def test_a_plugin_or_theme_has_the_name_of_its_folder(data, path, namespace, name):
    [each] = found("wordpress", data, f"{SITE}/wp-content/{path}")
    assert (each.type, each.namespace, each.name) == ("generic", namespace, name)
    assert (each.version, each.vendor) == ("8.2.1", "Acme")
    assert each.licenses == ("GPL-2.0-or-later",)


def test_other_files_of_a_plugin_say_nothing():
    assert found("wordpress", b"<?php // Version: 3", f"{SITE}/wp-content/plugins/a/b.php") == []
    late = b"<?php /*" + b" " * 9000 + b"\n Plugin Name: x\n Version: 1\n*/"
    assert found("wordpress", late, f"{SITE}/wp-content/plugins/a/b.php") == []


def test_what_says_no_version_is_a_problem():
    for data, path in (
        (b"<?php", "wp-includes/version.php"),
        (b"/*\nPlugin Name: x\n*/", "wp-content/plugins/a/a.php"),
    ):
        packages, [problem] = both("wordpress", data, f"{SITE}/{path}")
        assert (packages, problem.where) == ([], f"{SITE}/{path}")
