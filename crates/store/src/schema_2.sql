-- Version 2: windows after the first begin with items carried over from the one before.

ALTER TABLE windows ADD COLUMN carried INTEGER NOT NULL DEFAULT 0;
CREATE INDEX notes_by_kind ON notes (session, kind);
CREATE INDEX ledger_by_delegation ON ledger (session, delegation) WHERE delegation IS NOT NULL;
