-- The advisory set. Plain SQL: PostgreSQL reads it with BLOB as bytea and without WITHOUT ROWID
-- (docs/decisions/0005-advisory-store.md). All text is UTF-8, all times RFC 3339 in UTC.

-- What is read at every start: layout, digest, as_of, unmatchable; and by whom `read_from` was read.
CREATE TABLE IF NOT EXISTS about_set (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Every state the set was in, one for each import that changed or confirmed something. A row of
-- another table was there in state n where `since` <= n and it has no `until`, or n < `until`. What
-- ended moves to the table of the same name with `past_` before it, so that matching never meets it.
CREATE TABLE IF NOT EXISTS state (
    number      INTEGER PRIMARY KEY,
    learned     TEXT NOT NULL,          -- as the import was dated
    dated       TEXT NOT NULL,          -- the latest `learned` up to here: states are in its order
    digest      TEXT NOT NULL,
    as_of       TEXT NOT NULL,
    unmatchable INTEGER NOT NULL,
    packages    INTEGER NOT NULL        -- the highest package.pid then
);

CREATE TABLE IF NOT EXISTS feed (
    name    TEXT PRIMARY KEY,
    records INTEGER NOT NULL,
    as_of   TEXT NOT NULL,
    learned TEXT NOT NULL,              -- when a record of it last began or ended
    -- By when all its files were known to be what the publisher has; and (JSON) the files of which
    -- that is known of later: a publisher need not be asked for all of them at a time.
    confirmed TEXT NOT NULL,
    ahead   TEXT NOT NULL,
    digest  TEXT NOT NULL,
    since   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS past_feed (
    name    TEXT NOT NULL,
    records INTEGER NOT NULL,
    as_of   TEXT NOT NULL,
    learned TEXT NOT NULL,
    confirmed TEXT NOT NULL,
    ahead   TEXT NOT NULL,
    digest  TEXT NOT NULL,
    since   INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    PRIMARY KEY (name, since)
) WITHOUT ROWID;

-- One version of one record of one feed: never overwritten, only superseded.
-- An id alone is no key: publishers have several records of one id.
CREATE TABLE IF NOT EXISTS record (
    rid         INTEGER PRIMARY KEY,
    feed        TEXT NOT NULL,
    id          TEXT NOT NULL,
    digest      BLOB NOT NULL,          -- SHA-256 of feed and document
    part        TEXT NOT NULL,          -- the snapshot file that held it; empty for a loose file
    published   TEXT NOT NULL,
    dated       TEXT NOT NULL,          -- the newest date in it not after it was learned
    unmatchable INTEGER NOT NULL,       -- its ranges that no version can be held against
    ratings     BLOB,                   -- its severities (msgpack) if it names CVEs (rule 6)
    learned     TEXT NOT NULL,
    since       INTEGER NOT NULL,       -- the state that brought it
    until       INTEGER                 -- the state that ended it; NULL: current
);

-- Records that stand in another snapshot file than at first, and the import that saw them there.
CREATE TABLE IF NOT EXISTS moved (
    rid   INTEGER PRIMARY KEY,
    state INTEGER NOT NULL
);

-- The record itself (msgpack, one letter for its kind before it; compressed behind a Z).
CREATE TABLE IF NOT EXISTS document (
    rid INTEGER PRIMARY KEY,
    doc BLOB NOT NULL
);

-- Likelihoods (match.model.Likelihood) are no rows of `record`: nearly every one is another each day.
-- A sheet is all that one import learned of one day from one snapshot file.
CREATE TABLE IF NOT EXISTS sheet (
    number INTEGER PRIMARY KEY,
    feed   TEXT NOT NULL,
    part   TEXT NOT NULL,               -- as in `record`
    date   TEXT NOT NULL,               -- the day the likelihoods are of
    since  INTEGER NOT NULL,            -- the state that brought it
    moved  INTEGER                      -- the import that saw some of it in this part, as in `moved`
);

-- The current ones.
CREATE TABLE IF NOT EXISTS likelihood (
    id          TEXT NOT NULL,
    sheet       INTEGER NOT NULL,
    probability REAL NOT NULL,
    percentile  REAL NOT NULL,
    PRIMARY KEY (id, sheet, probability, percentile)
) WITHOUT ROWID;

-- Those of a sheet that one import ended, together (match.set.sheet, compressed with zstd).
CREATE TABLE IF NOT EXISTS past_likelihood (
    sheet  INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    number INTEGER NOT NULL,            -- how many
    body   BLOB NOT NULL,
    PRIMARY KEY (sheet, until)
);

-- Every id that ever had a likelihood, and the state that brought its first.
CREATE TABLE IF NOT EXISTS scored (
    id    TEXT PRIMARY KEY,
    since INTEGER NOT NULL
) WITHOUT ROWID;

-- What current records were last read from: the digest of their bytes (match.set.recall), where they
-- were all that was to be said of these. It follows from no record: neither carried nor dated.
CREATE TABLE IF NOT EXISTS read_from (
    rid INTEGER PRIMARY KEY,
    raw BLOB NOT NULL
);

-- The edges of the alias graph, each with the record that asserts it.
CREATE TABLE IF NOT EXISTS alias (
    rid   INTEGER NOT NULL,
    other TEXT NOT NULL,
    PRIMARY KEY (rid, other)
) WITHOUT ROWID;

-- The vulnerabilities a record speaks of: the CVEs it names (rule 6), else its own id.
CREATE TABLE IF NOT EXISTS speaks_of (
    rid INTEGER NOT NULL,
    id  TEXT NOT NULL,
    PRIMARY KEY (rid, id)
) WITHOUT ROWID;

-- One alias group. Matching reads the card alone.
CREATE TABLE IF NOT EXISTS vulnerability (
    gid  INTEGER PRIMARY KEY,
    id   TEXT NOT NULL,                 -- canonical
    card BLOB NOT NULL                  -- match.model.Vulnerability (msgpack), without `epss`
);

-- Every id leads to its group; one that is `related` to several CVEs leads to each (alias = 0).
CREATE TABLE IF NOT EXISTS member (
    id    TEXT NOT NULL,
    gid   INTEGER NOT NULL,
    alias INTEGER NOT NULL,
    PRIMARY KEY (id, gid)
) WITHOUT ROWID;

-- The package key of the join (rule 1).
CREATE TABLE IF NOT EXISTS package (
    pid     INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    scheme  TEXT NOT NULL,
    release TEXT NOT NULL,
    product TEXT NOT NULL,
    stream  TEXT,                       -- NULL: the publisher does not say which
    names   TEXT NOT NULL               -- source, binary or language
);

-- What the set speaks for at all: releases and ecosystems (match.ecosystems.area_of).
CREATE TABLE IF NOT EXISTS area (
    name     TEXT PRIMARY KEY,
    release  TEXT NOT NULL,             -- empty for an ecosystem
    packages INTEGER NOT NULL,          -- how many packages of a release are named; 0: ecosystem,
                                        -- or a release that single findings alone are about
    since    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS past_area (
    name     TEXT NOT NULL,
    release  TEXT NOT NULL,
    packages INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    until    INTEGER NOT NULL,
    PRIMARY KEY (name, since)
) WITHOUT ROWID;

-- What one current record says of one package.
CREATE TABLE IF NOT EXISTS claim (
    cid  INTEGER PRIMARY KEY,
    rid  INTEGER NOT NULL,
    pid  INTEGER NOT NULL,
    card BLOB NOT NULL                  -- match.judge.Claim (msgpack)
);
CREATE TABLE IF NOT EXISTS past_claim (
    cid  INTEGER PRIMARY KEY,
    rid  INTEGER NOT NULL,
    pid  INTEGER NOT NULL,
    card BLOB NOT NULL
);

-- The ranges: lo <= key < hi, compared as unsigned bytes.
-- how: 0 interval, 1 listed version, 2 a bound cannot be compared, 3 settle by the comparator.
-- place: position of the interval, or for a listed version of the next interval above it.
CREATE TABLE IF NOT EXISTS affected (
    pid   INTEGER NOT NULL,
    hi    BLOB NOT NULL,
    lo    BLOB NOT NULL,
    cid   INTEGER NOT NULL,
    place INTEGER NOT NULL,
    how   INTEGER NOT NULL,
    PRIMARY KEY (pid, hi, lo, cid, place, how)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS past_affected (
    pid   INTEGER NOT NULL,
    hi    BLOB NOT NULL,
    lo    BLOB NOT NULL,
    cid   INTEGER NOT NULL,
    place INTEGER NOT NULL,
    how   INTEGER NOT NULL,
    PRIMARY KEY (pid, hi, lo, cid, place, how)
) WITHOUT ROWID;

-- Input that could not be read at the last import of its file (rule 21).
CREATE TABLE IF NOT EXISTS problem (
    feed   TEXT NOT NULL,
    part   TEXT NOT NULL,
    place  TEXT NOT NULL,
    what   TEXT NOT NULL,
    effect TEXT NOT NULL,
    since  INTEGER NOT NULL,
    PRIMARY KEY (part, feed, place, what, effect)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS past_problem (
    feed   TEXT NOT NULL,
    part   TEXT NOT NULL,
    place  TEXT NOT NULL,
    what   TEXT NOT NULL,
    effect TEXT NOT NULL,
    since  INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    PRIMARY KEY (part, feed, place, what, effect, since)
) WITHOUT ROWID;
