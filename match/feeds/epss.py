"""EPSS, the Exploit Prediction Scoring System: of each CVE a probability and a percentile, per day.

One CSV a day: a comment with `score_date`, a heading, a row per CVE.
"""

import re
from collections.abc import Iterator
from typing import IO

from match.model import AdvisoryId, Likelihood
from match.records.documents import problem
from match.records.ids import CVE
from sbom.model import Problem

HEADING = b"cve,epss,percentile"
DATE = re.compile(r"\d{4}-\d\d-\d\d")
LINE_BYTES = 4096


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is a day's scores: by its comment or its heading."""
    del path
    return head.startswith(HEADING) or (head.startswith(b"#") and HEADING in head[:4096])


def read(path: str, file: IO[bytes]) -> Iterator[Likelihood | Problem]:
    """Yield one record per row, the date taken from the comment, else from the file's name."""
    named = DATE.search(path.rpartition("/")[2])
    date = named[0] if named else ""
    number = 0
    while line := file.readline(LINE_BYTES):
        number += 1
        if line.startswith(b"#"):
            stated = DATE.search(line.decode("ascii", "replace").partition("score_date:")[2])
            date = stated[0] if stated else date
        elif line.strip() and not line.startswith(HEADING):
            yield _row(f"{path}: line {number}", line, date)


def _row(place: str, line: bytes, date: str) -> Likelihood | Problem:
    cells = line.decode("ascii", "replace").strip().split(",")
    try:
        id_, probability, percentile = cells[0], float(cells[1]), float(cells[2])
    except (IndexError, ValueError):
        return problem("epss", place, f"it is no row of scores: {line[:80]!r}", "record_lost")
    if not CVE.fullmatch(id_) or not (0 <= probability <= 1 and 0 <= percentile <= 1):
        return problem("epss", place, f"it is no row of scores: {line[:80]!r}", "record_lost")
    return Likelihood(id=AdvisoryId(id_), probability=probability, percentile=percentile, date=date)
