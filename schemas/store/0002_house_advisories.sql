-- House advisories: every version of every id is a row, only ever added. The latest version of an id
-- holds; an id that has a row is taken for good.
CREATE TABLE house_advisory (
    organisation TEXT NOT NULL,         -- empty: none
    year         INTEGER NOT NULL,      -- of allocation
    number       INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    at           TEXT NOT NULL,         -- RFC 3339 in UTC
    entry        TEXT NOT NULL,         -- match.house.entry.Entry as JSON
    PRIMARY KEY (organisation, year, number, version)
);
