"""Merging: every statement once, whatever the order, and time alone decides as before."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from statement_strategies import statements

from gate.statements.assertions import assertions
from gate.statements.merge import authors, merge

few = settings(max_examples=60, deadline=None)
DOCUMENTS = st.lists(st.lists(statements(), max_size=3), min_size=1, max_size=4)


def said(each):
    return {assertion for statement in each for assertion in assertions(statement)}


@few
@given(DOCUMENTS, st.randoms())
def test_the_order_of_documents_and_statements_does_not_matter(documents, random):
    shuffled = [random.sample(each, len(each)) for each in documents]
    random.shuffle(shuffled)
    assert merge(documents, "Acme") == merge(shuffled, "Acme")


@few
@given(DOCUMENTS)
def test_nothing_is_lost_or_added_and_merging_again_changes_nothing(documents):
    merged = merge(documents, "Acme")
    assert said(merged) == said(each for document in documents for each in document)
    assert merge([merged], "") == merged
    assert merge([*documents, *documents], "Acme") == merged


@few
@given(DOCUMENTS)
def test_statements_are_sorted_by_time(documents):
    times = [each.timestamp.removesuffix("Z") for each in merge(documents, "Acme")]
    assert times == sorted(times)


@few
@given(statements())
def test_another_author_is_named_in_the_notes_once(made):
    other = replace(made, author="Other", document="b")
    merged = merge([[made], [other]], "Acme")
    assert {each.notes for each in merged} == {made.notes, f"{made.notes} Stated by Other.".strip()}
    assert authors([[made], [other]]) == "Acme; Other"
    assert merge([merged], "") == merged
