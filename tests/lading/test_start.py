"""What a cold start imports, and that what msgspec is kept from is there for everybody else."""

import datetime as dt
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import lading
from lading.commands import COMMANDS, load
from lading.quick import kinds_of

# fmt: off
# Whoever makes a cold match import one more of these says here why it is worth 0.1 ms.
NEEDED = frozenset({
    "gate", "gate.model", "gate.reports", "gate.reports.json", "lading", "lading.commands",
    "lading.commands.match", "lading.configuration", "lading.judging", "lading.main",
    "lading.options", "lading.output", "lading.place", "lading.quick", "lading.start",
    "lading.subject", "lading.trusting", "match", "match.because", "match.ecosystems",
    "match.ids", "match.join", "match.judge", "match.model", "match.origin", "match.rank", "match.resolve",
    "match.set", "match.set.opening", "match.set.store", "match.severity", "match.versions",
    "match.versions.encoding", "match.versions.golang", "match.versions.semver", "sbom",
    "sbom.days", "sbom.digest", "sbom.distro", "sbom.documents", "sbom.documents.cyclonedx",
    "sbom.documents.decoding", "sbom.documents.dialects", "sbom.documents.image", "sbom.errors",
    "sbom.formats", "sbom.formats.cyclonedx_json", "sbom.model", "sbom.purl", "sbom.text",
})
SLOW = frozenset({
    "argparse", "bisect", "click", "cryptography", "dataclasses", "decimal", "hashlib", "inspect",
    "json", "jsonschema_rs", "logging", "lxml", "msgspec.inspect", "pathlib", "platform",
    "random", "rich", "shutil", "socket", "ssl", "subprocess", "tempfile", "textwrap", "typer",
    "typing_extensions", "urllib", "uuid", "yaml", "zstandard",
})
# fmt: on
LISTED = """
import sys
from lading.main import main
code = main(sys.argv[1:])
sys.stderr.write("\\n".join(sys.modules))
sys.exit(code)
"""
RECORD = {
    "id": "GO-2026-0001",
    "modified": "2026-01-02T00:00:00Z",
    "affected": [
        {
            "package": {"name": "example.org/made/up", "ecosystem": "Go"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}],
        }
    ],
}
SBOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "components": [
        {
            "type": "library",
            "name": "example.org/made/up",
            "version": "v1.1.0",
            "purl": "pkg:golang/example.org/made/up@v1.1.0",
        }
    ],
}


def python(script, *words):
    """Run a script in a new Python and return the result."""
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, words)], capture_output=True, text=True, check=True
    )


def files(folder):
    """Write a record and an SBOM; return their paths, and one for a store."""
    record, sbom = folder / "one.json", folder / "sbom.json"
    record.write_text(json.dumps(RECORD))
    sbom.write_text(json.dumps(SBOM))
    return record, sbom, folder / "set.db"


def test_a_cold_match_imports_what_it_needs_and_nothing_slow(tmp_path):
    record, sbom, db = files(tmp_path)
    python(LISTED, "feeds", "import", record, "--db", db)
    done = python(LISTED, "match", sbom, "--db", db, "-o", "json")
    assert [finding["id"] for finding in json.loads(done.stdout)["findings"]] == ["GO-2026-0001"]
    imported = set(done.stderr.split())
    own = {name for name in imported if name.split(".")[0] in {"gate", "lading", "match", "sbom"}}
    assert own <= NEEDED
    assert not imported & SLOW


def test_what_msgspec_is_kept_from_is_there_for_everybody_else():
    python(
        """
import lading.start
import sys
assert not {"decimal", "platform", "textwrap", "typing_extensions", "uuid"} & set(sys.modules)
import datetime, decimal, platform, textwrap, typing_extensions, uuid
assert decimal.Decimal("0.1") + decimal.Decimal("0.2") == decimal.Decimal("0.3")
assert uuid.UUID(int=7).int == 7 and uuid.uuid4() != uuid.uuid4()
assert platform.system() and textwrap.dedent("  a") == "a" and typing_extensions.Self
assert datetime.datetime.strptime("2026-01-02", "%Y-%m-%d").date() == datetime.date(2026, 1, 2)
for module in (decimal, platform, textwrap, typing_extensions, uuid):
    assert module.__spec__ is not None and module.__file__
"""
    )


def test_msgspec_does_for_us_all_that_it_does_without_the_stand_ins():
    script = """
import datetime, decimal, uuid
import msgspec
from msgspec import inspect

class One(msgspec.Struct):
    '''
    One.

      And what there is to say of it.
    '''
    at: datetime.datetime
    number: float = 0

class Tree(msgspec.Struct):
    inner: "list[Tree] | None" = None

assert msgspec.json.decode(b'{"inner": [{}]}', type=Tree) == Tree([Tree()])
one = One(datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC))
assert msgspec.json.decode(msgspec.json.encode(one), type=One) == one
assert msgspec.inspect.type_info(One) == inspect.type_info(One)
assert isinstance(inspect.type_info(One), inspect.StructType)
print(msgspec.json.schema_components((One,)), inspect.type_info(One))
"""
    assert python(script).stdout == python("import lading.start\n" + script).stdout


@pytest.mark.parametrize("value", ["decimal.Decimal(1)", "uuid.UUID(int=1)"])
def test_types_that_no_value_of_ours_has_are_refused_aloud(value):
    script = f"import lading.start, decimal, uuid, msgspec; msgspec.json.encode({value})"
    with pytest.raises(subprocess.CalledProcessError) as refused:
        python(script)
    assert "is unsupported" in refused.value.stderr


def test_no_module_of_ours_has_decimals():
    root = Path(lading.__file__).parent.parent
    for package in ("schemas", "sbom", "match", "gate", "lading"):
        for path in (root / package).rglob("*.py"):
            assert not re.search(r"^\s*(from|import) decimal\b", path.read_text(), re.MULTILINE), (
                path
            )


def test_a_cold_match_compiles_no_text(tmp_path):
    record, sbom, db = files(tmp_path)
    python(LISTED, "feeds", "import", record, "--db", db)
    script = """
import builtins
compile_file = builtins.compile

def compiled(source, name, *given, **more):
    assert name != "<string>", source
    return compile_file(source, name, *given, **more)

builtins.compile = compiled
"""
    done = python(script + LISTED, "match", sbom, "--db", db, "-o", "json")
    assert json.loads(done.stdout)["findings"]


def test_what_a_stand_in_was_not_given_is_asked_of_the_real_module():
    python(
        """
from lading.start import Later, leave
import sys
sys.modules["fractions"] = stand_in = Later("fractions", Fraction="given")
import fractions
assert fractions is stand_in and fractions.Fraction == "given"
assert fractions.Decimal and sys.modules["fractions"] is not stand_in
assert sys.modules["fractions"].Fraction(1, 2) * 2 == 1
leave("fractions", stand_in)
assert "fractions" in sys.modules
"""
    )


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="datetime is its part in C there")
def test_datetime_is_its_part_in_c():
    import _datetime

    assert dt.__all__
    for name in dt.__all__:
        assert getattr(dt, name) is getattr(_datetime, name)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_types_of_options_are_types_and_no_texts(name):
    """As `quick` takes them, without resolving names."""
    options = load(name).Options
    kinds = kinds_of(options)
    assert set(kinds) == set(options.__struct_fields__)
    assert not any(isinstance(kind, str) for kind in kinds.values())
