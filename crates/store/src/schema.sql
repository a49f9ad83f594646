-- Version 1. Never edited once released: a change is a further migration.
-- Names ending in _at are milliseconds since the Unix epoch; picos are picodollars (1e-12 USD), NULL where a price is unknown.

CREATE TABLE sessions (
    id           TEXT    NOT NULL PRIMARY KEY,
    cwd          TEXT    NOT NULL,
    team_name    TEXT    NOT NULL,
    team_yaml    TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    status       TEXT,
    title        TEXT    NOT NULL,
    options_json TEXT    NOT NULL
) STRICT;

CREATE TABLE windows (
    session   TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    agent     TEXT    NOT NULL,
    seq       INTEGER NOT NULL,
    id        TEXT    NOT NULL,
    brain     TEXT    NOT NULL,
    dialect   TEXT    NOT NULL,
    tools     TEXT    NOT NULL,
    system    TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    opened_at INTEGER NOT NULL,
    PRIMARY KEY (session, agent, seq),
    UNIQUE (session, agent, id)
) STRICT;

CREATE TABLE items (
    session  TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    agent    TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    window   TEXT    NOT NULL,
    item     TEXT    NOT NULL,
    rendered TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (session, agent, seq),
    FOREIGN KEY (session, agent, window) REFERENCES windows (session, agent, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE inputs (
    session     TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    seq         INTEGER NOT NULL,
    text        TEXT    NOT NULL,
    blocks_json TEXT    NOT NULL,
    mode        TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    promoted    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (session, seq)
) STRICT;

-- No reference to windows: a row is written whatever else is missing.
CREATE TABLE ledger (
    id                   INTEGER PRIMARY KEY,
    session              TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    agent                TEXT    NOT NULL,
    window               TEXT    NOT NULL,
    delegation           TEXT,
    step                 INTEGER NOT NULL,
    purpose              TEXT    NOT NULL,
    brain                TEXT    NOT NULL,
    brain_name           TEXT    NOT NULL,
    at                   INTEGER NOT NULL,
    first_token_ms       INTEGER,
    ms                   INTEGER NOT NULL,
    outcome              TEXT    NOT NULL CHECK (outcome IN ('ok', 'failed', 'retried')),
    error                TEXT    CHECK ((error IS NULL) = (outcome = 'ok')),
    input                INTEGER NOT NULL,
    cache_read           INTEGER NOT NULL,
    cache_write_short    INTEGER NOT NULL,
    cache_write_long     INTEGER NOT NULL,
    output               INTEGER NOT NULL,
    reasoning            INTEGER NOT NULL,
    picos                INTEGER,
    predicted_cache_read INTEGER NOT NULL,
    cache_note           TEXT,
    request_id           TEXT
) STRICT;
CREATE INDEX ledger_by_session ON ledger (session, agent);

CREATE TABLE tool_runs (
    session       TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    agent         TEXT    NOT NULL,
    step_item_seq INTEGER NOT NULL,
    call          TEXT    NOT NULL,
    tool          TEXT    NOT NULL,
    arguments     TEXT    NOT NULL,
    at            INTEGER NOT NULL,
    outcome       TEXT,
    commands      TEXT,
    files         TEXT,
    ms            INTEGER,
    done_at       INTEGER,
    PRIMARY KEY (session, agent, step_item_seq, call)
) STRICT;

-- receipt_picos stands beside the receipt because JSON has no whole picodollars.
CREATE TABLE delegations (
    session        TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    id             TEXT    NOT NULL,
    call           TEXT    NOT NULL,
    from_agent     TEXT    NOT NULL,
    to_agent       TEXT    NOT NULL,
    brief          TEXT    NOT NULL,
    first_item_seq INTEGER NOT NULL,
    estimate_picos INTEGER,
    opened_at      INTEGER NOT NULL,
    baseline       TEXT,
    report         TEXT,
    receipt        TEXT,
    receipt_picos  INTEGER,
    closed_at      INTEGER,
    PRIMARY KEY (session, id)
) STRICT;

CREATE TABLE events (
    session TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    json    TEXT    NOT NULL,
    PRIMARY KEY (session, seq)
) STRICT;

CREATE TABLE plans (
    session    TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    agent      TEXT NOT NULL,
    steps_json TEXT NOT NULL,
    PRIMARY KEY (session, agent)
) STRICT;

CREATE TABLE notes (
    id      INTEGER PRIMARY KEY,
    session TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    agent   TEXT,
    kind    TEXT    NOT NULL,
    json    TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX notes_by_session ON notes (session);
