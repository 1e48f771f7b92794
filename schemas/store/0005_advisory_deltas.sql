-- The advisory set of a store on a server: what each import brought, as `lading feeds export` writes
-- it (match/carry). Each machine lays them into a copy of its own. In a SQLite file they stay empty:
-- the set itself is there (schemas/store.sql).

-- digest: SHA-256 of the manifest, which names that of the body. manifest: JSON (set.schema.json).
CREATE TABLE advisory_delta (
    number   INTEGER PRIMARY KEY,
    digest   TEXT NOT NULL,
    manifest BLOB NOT NULL
);
-- The compressed rows, in parts of some 8 MB.
CREATE TABLE advisory_delta_part (
    number INTEGER NOT NULL,
    place  INTEGER NOT NULL,
    body   BLOB NOT NULL,
    PRIMARY KEY (number, place)
);
