"""Parcels, pickups and jobs in one SQLite file."""

import json
import sqlite3
import threading

SCHEMA = """
create table if not exists parcels (
    id integer primary key,
    sender text not null,
    recipient text not null,
    grams integer not null,
    cents integer not null
);
create table if not exists pickups (
    number text primary key,
    day text not null
);
create table if not exists jobs (
    id integer primary key,
    payload text not null,
    state text not null default 'waiting'
);
"""


class Store:
    """All methods may be called from any thread."""

    def __init__(self, path, tracer):
        self._tracer = tracer
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.executescript(SCHEMA)

    def add_parcel(self, sender, recipient, grams, cents):
        with self._tracer.span("store.add_parcel") as span, self._lock, self._database:
            cursor = self._database.execute(
                "insert into parcels (sender, recipient, grams, cents) values (?, ?, ?, ?)",
                (json.dumps(sender), json.dumps(recipient), grams, cents),
            )
            number = f"P{cursor.lastrowid:08d}"
            span.set("number", number)
        return {"number": number, "sender": sender, "recipient": recipient, "grams": grams, "cents": cents}

    def parcel(self, number):
        with self._tracer.span("store.parcel", number=number), self._lock:
            row = self._database.execute(
                "select sender, recipient, grams, cents from parcels where id = ?", (int(number[1:]),)
            ).fetchone()
        if row is None:
            return None
        sender, recipient, grams, cents = row
        return {
            "number": number,
            "sender": json.loads(sender),
            "recipient": json.loads(recipient),
            "grams": grams,
            "cents": cents,
        }

    def count_parcels(self):
        with self._lock:
            return self._database.execute("select count(*) from parcels").fetchone()[0]

    def set_pickup(self, number, day):
        with self._tracer.span("store.set_pickup"), self._lock, self._database:
            self._database.execute("insert or replace into pickups values (?, ?)", (number, day))

    def pickup(self, number):
        with self._lock:
            row = self._database.execute("select day from pickups where number = ?", (number,)).fetchone()
        return row[0] if row else None

    def pickups_on(self, day):
        with self._tracer.span("store.pickups_on", day=day) as span, self._lock:
            rows = self._database.execute("select number from pickups where day = ? order by number", (day,)).fetchall()
            span.set("rows", len(rows))
        return [number for (number,) in rows]

    def add_job(self, payload):
        with self._tracer.span("store.add_job"), self._lock, self._database:
            return self._database.execute("insert into jobs (payload) values (?)", (json.dumps(payload),)).lastrowid

    def next_job(self):
        """Id and payload of the oldest waiting job, or None. No span: a worker asks all the time."""
        with self._lock:
            row = self._database.execute(
                "select id, payload from jobs where state = 'waiting' order by id limit 1"
            ).fetchone()
        return (row[0], json.loads(row[1])) if row else None

    def finish_job(self, job, state):
        """`done` jobs are removed, others keep their payload for whoever looks into it."""
        with self._lock, self._database:
            if state == "done":
                self._database.execute("delete from jobs where id = ?", (job,))
            else:
                self._database.execute("update jobs set state = ? where id = ?", (state, job))

    def count_jobs(self):
        with self._lock:
            return self._database.execute("select count(*) from jobs where state = 'waiting'").fetchone()[0]

    def close(self):
        with self._lock:
            self._database.close()
