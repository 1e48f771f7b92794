-- The stock held against the advisory set again (match/stock): where its components are found, up to
-- which state it was matched, and what that told.

-- What each distinct component is looked up under. package: `scheme:name`, with the key of the
-- version there (empty: it has none that settles comparing); or the purl, with an empty key.
CREATE TABLE component_key (
    package   TEXT NOT NULL,
    key       BLOB NOT NULL,
    component INTEGER NOT NULL,
    PRIMARY KEY (package, key, component)
) WITHOUT ROWID;

-- code: digest of the code that made the keys. keyed: the highest component that has them.
-- state, digest: the state of the set the stock was matched with last. day: when (YYYY-MM-DD).
CREATE TABLE rematch (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- What matching the stock again told. id: the same for the same transition of the same images.
-- holders: the numbers of the SBOMs (roaring bitmap). document: match.stock.events.Note (msgpack).
CREATE TABLE event (
    number   INTEGER PRIMARY KEY,
    id       TEXT NOT NULL,
    at       TEXT NOT NULL,
    holders  BLOB NOT NULL,
    document BLOB NOT NULL
);

-- Who is told, and the last event they were.
CREATE TABLE event_receiver (
    name   TEXT PRIMARY KEY,
    number INTEGER NOT NULL
);
INSERT INTO last_number VALUES ('event', 0);
