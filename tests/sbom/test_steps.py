"""Steps of a Dockerfile: what a person wrote, and which layer each made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_image import image_of, tar

from sbom.build import build
from sbom.image.steps import LONGEST, instruction, steps_of_layers

WRITTEN = [
    ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
    ("/bin/sh -c #(nop) ADD file:" + "ab" * 32 + " in / ", "ADD file:abababababab in /"),
    (
        "/bin/sh -c apt-get update\t&& apt-get -y install curl",
        "RUN apt-get update && apt-get -y install curl",
    ),
    ("|2 TOKEN=hunter2 b=1 /bin/sh -c npm ci", "RUN npm ci"),
    ("RUN |1 TOKEN=hunter2 /bin/sh -c npm ci # buildkit", "RUN npm ci"),
    ("RUN |1 A=/bin/sh /bin/sh -c npm ci # buildkit", "RUN npm ci"),
    ("RUN /bin/sh -c pip install x # buildkit", "RUN pip install x"),
    ("RUN /bin/bash -o pipefail -c make # buildkit", "RUN make"),
    ("/bin/bash -euo pipefail -c make", "RUN make"),
    ("RUN /usr/bin/env bash -c x", "RUN /usr/bin/env bash -c x"),
    ("COPY a /b # buildkit", "COPY a /b"),
    ("ENV DB_PASSWORD=hunter2 A=b", "ENV DB_PASSWORD=*** A=b"),
    ("cmd /S /C #(nop)  ENV A=1", "ENV A=1"),
    ("bazel build ...", "bazel build ..."),
    ("", ""),
]


@pytest.mark.parametrize(("created_by", "line"), WRITTEN)
def test_a_step_reads_as_it_was_written(created_by, line):
    assert instruction(created_by) == line
    assert "hunter2" not in instruction(created_by)


@given(st.text())
def test_any_step_becomes_one_bounded_line(text):
    line = instruction(text * 50)
    assert "\n" not in line
    assert len(line) <= LONGEST + 1


@pytest.mark.parametrize(
    ("empty", "layers", "steps"),
    [
        ([False, True, True, False], 2, [1, 4]),
        ([True, False], 1, [2]),
        ([False, False], 1, None),
        ([True], 1, None),
        ([], 0, []),
    ],
)
def test_only_steps_that_changed_files_made_layers(empty, layers, steps):
    assert steps_of_layers(empty, layers) == steps


def test_a_layer_knows_its_step_among_empty_ones(tmp_path):
    history = [
        {"created_by": "/bin/sh -c #(nop) ADD file:1 in /"},
        {"created_by": '/bin/sh -c #(nop)  CMD ["sh"]', "empty_layer": True},
        {"created_by": "ENV API_TOKEN=hunter2", "empty_layer": True},
        {"created_by": "RUN |1 API_TOKEN=hunter2 /bin/sh -c make # buildkit"},
    ]
    image = image_of(tmp_path, tar(("a", b"1")), tar(("b", b"2")), history=history)
    sbom = build(image)
    assert [(layer.step, layer.created_by) for layer in sbom.layers] == [
        (1, "ADD file:1 in /"),
        (4, "RUN make"),
    ]
    assert ("steps", "4") in sbom.facts
    assert "hunter2" not in str(sbom)
