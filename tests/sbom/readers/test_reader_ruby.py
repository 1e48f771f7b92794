"""The specifications of RubyGems, and Bundler's lock file."""

import pytest
from reader_files import both, found

PATH = "usr/local/bundle/specifications/rack-2.2.2.gemspec"
RACK = b"""# -*- encoding: utf-8 -*-
# stub: rack 2.2.2 ruby lib

Gem::Specification.new do |s|
  s.name = "rack".freeze
  s.version = "2.2.2"
  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze)
  s.authors = ["A. Author".freeze, "B. Author".freeze]
  s.licenses = ["MIT".freeze]
  s.add_dependency(%q<minitest>.freeze, ["~> 5.0".freeze])
end
"""


@pytest.mark.parametrize(
    "path", [PATH, "usr/lib/ruby/gems/3.1.0/specifications/default/rack-2.2.2.gemspec"]
)
def test_a_specification_is_read(path):
    [each] = found("ruby", RACK, path)
    assert (each.type, each.name, each.version, each.qualifiers) == ("gem", "rack", "2.2.2", ())
    assert (each.licenses, each.vendor) == (("MIT",), "A. Author, B. Author")


@pytest.mark.parametrize(
    "fields",
    [
        's.name = "rack"\n s.version = "2.2.2"',
        "spec.name        = 'rack'\n  spec.version = '2.2.2'.freeze",
        's.name = %q<rack>\ns.version = Gem::Version.new("2.2.2")',
        's.name = "rack"\ns.version = Rack::VERSION',
    ],
)
def test_a_specification_without_a_stub_line(fields):
    data = f"\n\n\nGem::Specification.new do |s|\n  {fields}\nend\n".encode()
    [each] = found("ruby", data, PATH)
    assert (each.name, each.version) == ("rack", "2.2.2")


def test_the_platform_of_compiled_gems_is_told():
    data = RACK.replace(b"rack 2.2.2 ruby lib", b"nokogiri 1.13.0 x86_64-linux lib")
    [each] = found("ruby", data, "x/specifications/nokogiri-1.13.0-x86_64-linux.gemspec")
    assert each.qualifiers == (("platform", "x86_64-linux"),)
    [each] = found("ruby", b"", "x/specifications/nokogiri-1.13.0-x86_64-linux.gemspec")
    assert (each.name, each.version) == ("nokogiri", "1.13.0")
    assert each.qualifiers == (("platform", "x86_64-linux"),)


def test_a_version_that_is_code_is_a_problem():
    data = b'Gem::Specification.new do |s|\n s.name = "x"\n s.version = X::VERSION\nend\n'
    gems, [problem] = both("ruby", data, "x/specifications/x.gemspec")
    assert gems == []
    assert "'x'" in problem.what


LOCK = b"""GIT
  remote: https://example.org/x.git
  specs:
    from-git (9.9)

GEM
  remote: https://example.org/
  specs:
    actionpack (6.0.0)
      rack (~> 2.0)
    nokogiri (1.13.0-x86_64-linux)

PLATFORMS
  ruby

DEPENDENCIES
  actionpack (6.0.0)
"""


def test_the_names_in_a_lock_file_are_optional():
    gems = found("ruby", LOCK, "app/Gemfile.lock")
    assert [(each.name, each.version, each.scope) for each in gems] == [
        ("actionpack", "6.0.0", "optional"),
        ("nokogiri", "1.13.0", "optional"),
    ]
    assert gems[1].qualifiers == (("platform", "x86_64-linux"),)
    assert found("ruby", LOCK, "usr/lib/ruby/gems/3.1.0/gems/rbs-2.8/Gemfile.lock") == []


def test_hostile_text_costs_no_time():
    for text in ("\n" * 200_000, "s.licenses = [" + '"\\' * 200_000, "s.name = %q<" * 50_000):
        both("ruby", text.encode(), "x/specifications/x.gemspec")
