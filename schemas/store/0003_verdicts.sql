-- Verdicts: every run that a gate decided, whole, so that each can be shown and judged again later.
-- digest: of the stored run (`lading-run/1`). state: digest of the advisory set. denied: decisions
-- that deny. document: the run, compressed (zstd).
CREATE TABLE verdict (
    digest        TEXT PRIMARY KEY,
    image_id      TEXT NOT NULL,
    manifest      TEXT NOT NULL,
    name          TEXT NOT NULL,
    sbom          TEXT NOT NULL,
    stage         TEXT NOT NULL,
    policy        TEXT NOT NULL,
    policy_digest TEXT NOT NULL,
    state         TEXT NOT NULL,
    outcome       TEXT NOT NULL,
    findings      INTEGER NOT NULL,
    denied        INTEGER NOT NULL,
    decided_at    TEXT NOT NULL
);
CREATE INDEX verdict_image ON verdict (image_id);
CREATE INDEX verdict_decided ON verdict (decided_at);
CREATE TABLE verdict_document (
    digest   TEXT PRIMARY KEY,
    document BLOB NOT NULL
);
