-- Version 3: where tasks went and what came of them (attempts, their ends, later outcomes), and versions of the learned router.
-- Rows are only added; the triggers hold that. What belongs to a session goes with it, which is the one way out.

-- AUTOINCREMENT: a number is never given twice, for an outcome that comes late names it.
CREATE TABLE attempts (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    session           TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    turn              INTEGER NOT NULL,
    number            INTEGER NOT NULL,
    task              TEXT    NOT NULL,
    repository        TEXT    NOT NULL,
    lane              TEXT    NOT NULL,
    brain             TEXT    NOT NULL,
    brain_name        TEXT    NOT NULL,
    policy            TEXT    NOT NULL,
    task_type         TEXT    NOT NULL,
    signals           TEXT    NOT NULL,
    score             INTEGER NOT NULL,
    reasons           TEXT    NOT NULL,
    verification      TEXT    NOT NULL,
    classifier        TEXT,
    learned           TEXT,
    at                INTEGER NOT NULL,
    escalated_from    TEXT,
    escalated_because TEXT    CHECK ((escalated_because IS NULL) = (escalated_from IS NULL)),
    UNIQUE (session, turn, number)
) STRICT;
CREATE INDEX attempts_by_task ON attempts (task, policy, at);
CREATE INDEX attempts_by_time ON attempts (at);

CREATE TABLE attempt_ends (
    attempt           INTEGER PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
    ms                INTEGER NOT NULL,
    picos             INTEGER,
    input             INTEGER NOT NULL,
    cache_read        INTEGER NOT NULL,
    cache_write_short INTEGER NOT NULL,
    cache_write_long  INTEGER NOT NULL,
    output            INTEGER NOT NULL,
    reasoning         INTEGER NOT NULL,
    checks            TEXT    NOT NULL,
    passed            INTEGER CHECK (passed IN (0, 1)),
    failure           TEXT,
    plan_at_fault     INTEGER NOT NULL CHECK (plan_at_fault IN (0, 1))
) STRICT;

-- The one with the highest id counts.
CREATE TABLE outcomes (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    attempt INTEGER NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
    outcome TEXT    NOT NULL CHECK (outcome IN ('accepted', 'rejected', 'reverted')),
    note    TEXT,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX outcomes_by_attempt ON outcomes (attempt, id);

CREATE TABLE router_models (
    version INTEGER NOT NULL PRIMARY KEY,
    json    TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

-- The one with the highest id counts.
CREATE TABLE router_states (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL REFERENCES router_models (version),
    state   TEXT    NOT NULL CHECK (state IN ('candidate', 'shadow', 'current', 'retired')),
    why     TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX router_states_by_version ON router_states (version, id);

CREATE TRIGGER attempts_stand BEFORE UPDATE ON attempts
    BEGIN SELECT RAISE(ABORT, 'an attempt is never changed'); END;
CREATE TRIGGER attempts_stay BEFORE DELETE ON attempts
    WHEN EXISTS (SELECT 1 FROM sessions WHERE id = OLD.session)
    BEGIN SELECT RAISE(ABORT, 'an attempt goes only with its session'); END;
CREATE TRIGGER attempt_ends_stand BEFORE UPDATE ON attempt_ends
    BEGIN SELECT RAISE(ABORT, 'the end of an attempt is never changed'); END;
CREATE TRIGGER attempt_ends_stay BEFORE DELETE ON attempt_ends
    WHEN EXISTS (SELECT 1 FROM attempts WHERE id = OLD.attempt)
    BEGIN SELECT RAISE(ABORT, 'the end of an attempt goes only with its session'); END;
CREATE TRIGGER outcomes_stand BEFORE UPDATE ON outcomes
    BEGIN SELECT RAISE(ABORT, 'an outcome is never changed'); END;
CREATE TRIGGER outcomes_stay BEFORE DELETE ON outcomes
    WHEN EXISTS (SELECT 1 FROM attempts WHERE id = OLD.attempt)
    BEGIN SELECT RAISE(ABORT, 'an outcome goes only with its session'); END;
CREATE TRIGGER router_models_stand BEFORE UPDATE ON router_models
    BEGIN SELECT RAISE(ABORT, 'a version of the router is never changed'); END;
CREATE TRIGGER router_models_stay BEFORE DELETE ON router_models
    BEGIN SELECT RAISE(ABORT, 'a version of the router is never removed'); END;
CREATE TRIGGER router_states_stand BEFORE UPDATE ON router_states
    BEGIN SELECT RAISE(ABORT, 'a state of the router is never changed'); END;
CREATE TRIGGER router_states_stay BEFORE DELETE ON router_states
    BEGIN SELECT RAISE(ABORT, 'a state of the router is never removed'); END;
