"""CocoaPods' lock file."""

import time

from reader_files import found

LOCK = b"""PODS:
  - Alamofire (5.8.1)
  - Firebase/Core (10.18.0):
    - Firebase/CoreOnly
    - FirebaseAnalytics (~> 10.18.0)
  - Firebase/CoreOnly (10.18.0):
    - FirebaseCore (= 10.18.0)
  - "GoogleUtilities/NSData+zlib (7.12.0)"

DEPENDENCIES:
  - Alamofire (~> 5.8)

SPEC CHECKSUMS:
  Alamofire: 3ca42e259043ee0dc5c0cdd76c4bc568b8e42af7
"""


def test_a_pod_stands_for_its_parts_and_is_optional():
    pods = found("cocoapods", LOCK, "app/Podfile.lock")
    assert [(e.name, e.version) for e in pods] == [
        ("Alamofire", "5.8.1"),
        ("Firebase", "10.18.0"),
        ("GoogleUtilities", "7.12.0"),
    ]
    assert {(e.type, e.scope) for e in pods} == {("cocoapods", "optional")}


def test_a_line_without_an_end_is_read_once():
    start = time.process_time()
    assert found("cocoapods", b"PODS:\n  - " + b"C" * (1 << 20), "app/Podfile.lock") == []
    assert time.process_time() - start < 1  # once 5 s for a tenth of it
