-- Version 4: requests that went through the gateway. What was billed for them stands in the ledger, a row for each attempt; here is
-- one row for each request, with what was asked for and by whom.

-- No reference to sessions: what a token has spent stays true when a session is removed.
CREATE TABLE gateway_requests (
    id              INTEGER PRIMARY KEY,
    session         TEXT    NOT NULL,
    request         TEXT    NOT NULL,
    at              INTEGER NOT NULL,
    token           TEXT,
    dialect         TEXT    NOT NULL,
    class           TEXT    NOT NULL,
    requested       TEXT    NOT NULL,
    lane            TEXT    NOT NULL,
    binding         TEXT,
    status          INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    first_byte_ms   INTEGER,
    ms              INTEGER NOT NULL,
    error           TEXT,
    picos           INTEGER,
    requested_picos INTEGER
) STRICT;
CREATE INDEX gateway_requests_by_token ON gateway_requests (token, at);
CREATE INDEX gateway_requests_by_time ON gateway_requests (at);
