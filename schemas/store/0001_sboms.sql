-- SBOMs by the digest of their document, each distinct component once, and what layers gave.
-- In SQLite's words; sbom/database.py says how PostgreSQL reads them. Each statement ends in `;` at
-- the end of a line. All text is UTF-8, all times RFC 3339 in UTC.

-- The one table of the layout before there were migrations.
CREATE TABLE IF NOT EXISTS sbom (
    digest     TEXT PRIMARY KEY,
    image_id   TEXT NOT NULL,
    name       TEXT NOT NULL,
    components INTEGER NOT NULL,
    kept_at    TEXT NOT NULL,
    document   BLOB NOT NULL
) WITHOUT ROWID;
ALTER TABLE sbom RENAME TO sbom_before;

-- number: in the order in which they were first kept; never given twice.
-- chain: ChainID of all layers (OCI image-spec, config.md), empty without layers.
-- components: how many the document names. parts: the numbers of its distinct components (roaring
-- bitmap); NULL: it was not taken apart yet; empty: it cannot be read any more.
CREATE TABLE sbom (
    number     INTEGER PRIMARY KEY,
    digest     TEXT NOT NULL UNIQUE,
    image_id   TEXT NOT NULL,
    manifest   TEXT NOT NULL,
    platform   TEXT NOT NULL,
    name       TEXT NOT NULL,
    chain      TEXT NOT NULL,
    components INTEGER NOT NULL,
    kept_at    TEXT NOT NULL,
    parts      BLOB
);
CREATE INDEX sbom_image ON sbom (image_id);
CREATE INDEX sbom_manifest ON sbom (manifest);
CREATE INDEX sbom_chain ON sbom (chain);
CREATE INDEX sbom_whole ON sbom (number) WHERE parts IS NULL;

-- The document, compressed (zlib). Apart, so that lists are read without it.
CREATE TABLE sbom_document (
    number   INTEGER PRIMARY KEY,
    document BLOB NOT NULL
);

INSERT INTO sbom
    SELECT row_number() OVER (ORDER BY kept_at, digest), digest, image_id, '', '', name, '',
           components, kept_at, NULL
    FROM sbom_before;
INSERT INTO sbom_document
    SELECT s.number, b.document FROM sbom s JOIN sbom_before b ON b.digest = s.digest;
DROP TABLE sbom_before;

-- Two components are one when everything that can decide a match is equal (docs/rules.md, 2).
-- digest: the first 16 bytes of SHA-256 of the card. card: what decides, as sbom.store.parts
-- has it (msgpack). holders: the numbers of the SBOMs that hold it (roaring bitmap).
CREATE TABLE component (
    number INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    card   BLOB NOT NULL
);
CREATE TABLE component_holder (
    number  INTEGER PRIMARY KEY,
    holders BLOB NOT NULL
);

-- The highest numbers ever given: what was forgotten does not give its number to another.
CREATE TABLE last_number (
    kind   TEXT PRIMARY KEY,
    number INTEGER NOT NULL
);
INSERT INTO last_number SELECT 'sbom', coalesce(max(number), 0) FROM sbom;
INSERT INTO last_number VALUES ('component', 0);

-- What the program read from a layer, or made of an image: a copy that can be made again.
-- key: SHA-256 of everything that decides it. about: the layer's diff-id, or the image's id.
-- program: the digest of the code that made it. used: the day (YYYY-MM-DD) it was last asked for.
CREATE TABLE layer_result (
    key     BLOB PRIMARY KEY,
    about   TEXT NOT NULL,
    program TEXT NOT NULL,
    used    TEXT NOT NULL,
    bytes   INTEGER NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX layer_result_used ON layer_result (used);
