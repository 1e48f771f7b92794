"""Writing VEX documents: valid, the same bytes each time, and nothing lost without being told."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from statement_strategies import ODD, SERIAL, statements

from gate.model import Product, Statement, Status
from gate.statements.assertions import assertions
from gate.statements.heading import Heading
from gate.vex import FORMATS, faults, read, write
from sbom.errors import InputError

HEADING = Heading(
    author="Acme", timestamp="2024-03-01T00:00:00Z", namespace="https://acme.example.test"
)
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def said(each):
    return {assertion for statement in each for assertion in assertions(statement)}


def statement(**fields):
    plain = {
        "document": "d#statements[0]",
        "author": "Acme",
        "vulnerabilities": ("CVE-2024-0001",),
        "products": (Product(purls=("pkg:npm/lodash@4.17.20",)),),
        "status": Status.UNDER_INVESTIGATION,
        "timestamp": "2024-01-01T00:00:00Z",
    }
    return Statement(**(plain | fields))


@few
@given(st.lists(statements(), min_size=1, max_size=4))
@pytest.mark.parametrize("format_", ["openvex", "cyclonedx"])
def test_read_of_write_is_the_same_in_openvex_and_cyclonedx(format_, made):
    made = [s for s in made if format_ == "openvex" or all(len(p.cpes) < 2 for p in s.products)]
    data, lost = write(format_, made, HEADING)
    assert lost == ()
    kept, problems = read(data, "again")
    assert problems == ()
    assert said(kept) == said(made)
    assert {each.author for each in kept} == {"Acme"}


@few
@given(statements())
def test_read_of_write_is_the_same_for_one_statement_in_csaf(made):
    data, lost = write("csaf", (made,), HEADING)
    assert lost == ()
    assert said(read(data, "again")[0]) == said((made,))


@few
@given(st.lists(statements(ODD, ODD), min_size=1, max_size=4))
@pytest.mark.parametrize("format_", FORMATS)
def test_what_a_format_cannot_say_is_told_and_nothing_is_added(format_, made):
    try:
        data, lost = write(format_, made, HEADING)
    except InputError as error:
        # Nothing was written, and that was told.
        reasons = ("none of the statements", "would not be valid")
        assert any(reason in error.message for reason in reasons)  # noqa: PT017
        return
    kept, problems = read(data, "again")
    assert problems == ()
    missing = said(made) - said(kept)
    assert len(lost) >= len(missing)
    assert bool(lost) == bool(missing)
    # A document never says anything of what its statements were not about.
    about = {(each.subject, each.status) for each in said(made)}
    assert {(each.subject, each.status) for each in said(kept)} <= about


@few
@given(st.lists(statements(ODD, ODD), min_size=1, max_size=3))
@pytest.mark.parametrize("format_", FORMATS)
def test_written_documents_are_valid_and_the_same_each_time(format_, made):
    try:
        data, lost = write(format_, made, HEADING)
    except InputError:
        return
    assert faults(data) == ()
    assert write(format_, made, HEADING) == (data, lost)


@few
@given(st.lists(statements(), min_size=1, max_size=3))
def test_cyclonedx_is_read_by_the_library_of_its_authors(made):
    import json

    from cyclonedx.model.bom import Bom
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    data, _ = write("cyclonedx", made, HEADING)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(data.decode()) is None
    bom = Bom.from_json(data=json.loads(data))
    assert 0 < len(bom.vulnerabilities) <= len(made)


def test_an_undated_statement_stays_the_earliest_and_that_is_told():
    data, lost = write("openvex", [statement(timestamp="")], HEADING)
    assert read(data, "x")[0][0].timestamp == "1970-01-01T00:00:00Z"
    assert ["timestamp" in each.what for each in lost] == [True]


def test_csaf_says_the_latest_of_contradicting_statements_and_tells_the_other():
    early = statement()
    late = statement(status=Status.FIXED, timestamp="2024-02-01T00:00:00Z")
    for order in ([early, late], [late, early]):
        data, lost = write("csaf", order, HEADING)
        assert [each.status for each in read(data, "x")[0]] == [Status.FIXED]
        assert [each.effect for each in lost] == ["record_lost"]


def test_csaf_says_the_more_cautious_of_equally_late_statements():
    data, _ = write("csaf", [statement(status=Status.FIXED), statement()], HEADING)
    assert [each.status for each in read(data, "x")[0]] == [Status.UNDER_INVESTIGATION]


def test_csaf_needs_a_namespace():
    with pytest.raises(InputError, match="--namespace"):
        write("csaf", [statement()], Heading(author="A", timestamp=HEADING.timestamp))


def test_a_range_of_versions_is_kept_by_csaf_and_cyclonedx_and_never_widened_by_openvex():
    ranged = Product(purls=("pkg:npm/lodash",), versions="vers:npm/<2")
    made = [statement(products=(ranged,)), statement(vulnerabilities=("CVE-2024-0002",))]
    for format_ in ("csaf", "cyclonedx"):
        data, lost = write(format_, made, HEADING)
        assert lost == ()
        assert said(read(data, "x")[0]) == said(made)
    data, lost = write("openvex", made, HEADING)
    assert [each.effect for each in lost] == ["record_lost"]
    assert said(read(data, "x")[0]) == said(made[1:])


def test_a_bom_link_is_kept():
    made = [statement(products=(Product(serial=f"urn:uuid:{SERIAL}", ref="a/b#c"),))]
    for format_ in FORMATS:
        data, lost = write(format_, made, HEADING)
        assert lost == ()
        assert said(read(data, "x")[0]) == said(made)


def test_a_part_in_cyclonedx_holds_in_its_product_only():
    product = Product(
        purls=("pkg:oci/shop@sha256%3Aaa",),
        subcomponents=(Product(purls=("pkg:npm/lodash@4.17.20",)),),
    )
    data, _ = write("cyclonedx", [statement(products=(product,))], HEADING)
    (again,) = read(data, "x")[0]
    assert again.products[0].purls == product.purls
    assert again.products[0].subcomponents[0].purls == ("pkg:npm/lodash@4.17.20",)
    # Without our mark, nesting says no more than that one component is packed in the other.
    document = msgspec.json.decode(data)
    del document["components"][0]["components"][0]["properties"]
    (foreign,) = read(msgspec.json.encode(document), "x")[0]
    assert foreign.products[0].purls == ("pkg:npm/lodash@4.17.20",)
    assert foreign.products[0].subcomponents == ()


def test_csaf_range_branches_bound_the_product_whatever_their_words():
    data, _ = write(
        "csaf",
        [statement(products=(Product(purls=("pkg:npm/lodash",), versions="vers:npm/<2"),))],
        HEADING,
    )
    other = data.replace(b"vers:npm/<2", b"before 2")
    assert read(other, "x")[0][0].products[0].versions == "before 2"


def test_invalid_documents_are_never_written():
    bad = statement(products=(Product(cpes=("cpe:2.3:nonsense",)),))
    with pytest.raises(InputError, match="would not be valid"):
        write("csaf", [bad], HEADING)


def test_a_clearance_without_reason_is_left_out_where_one_is_demanded():
    bare = statement(status=Status.NOT_AFFECTED)
    made = [bare, statement(vulnerabilities=("CVE-2024-0002",))]
    for format_ in ("openvex", "csaf"):
        data, lost = write(format_, made, HEADING)
        assert [each.effect for each in lost] == ["record_lost"]
        assert said(read(data, "x")[0]) == said(made[1:])
    assert write("cyclonedx", made, HEADING)[1] == ()


@pytest.mark.shared
@pytest.mark.parametrize("family", ["openvex", "cyclonedx-vex", "csaf-2.0-examples"])
@pytest.mark.parametrize("format_", FORMATS)
def test_real_documents_are_kept_or_what_is_not_is_told(shared, family, format_):
    folder = shared / "cases" / "validity" / family
    written = 0
    for path in sorted(folder.glob("*.json")):
        try:
            made, _ = read(path.read_bytes(), path.name)
            data, lost = write(format_, made, HEADING)
        except InputError:
            continue
        written += 1
        assert faults(data) == ()
        assert bool(lost) == bool(said(made) - said(read(data, "again")[0])), path
    assert written
