"""Work that can wait: stored in the database, done in order by one worker."""

import logging
import threading
from dataclasses import asdict, dataclass

from depot.telemetry import current_context

log = logging.getLogger("depot.jobs")


@dataclass
class Job:
    """What is stored as a job's payload."""

    kind: str
    args: dict
    #: Trace context of the request that made the job.
    trace: dict | None = None


class Queue:
    def __init__(self, store, clock, counters, tracer, attempts=3, pause_seconds=2.0):
        self._store = store
        self._clock = clock
        self._counters = counters
        self._tracer = tracer
        self._attempts = attempts
        self._pause = pause_seconds
        self._functions = {}
        self._wake = threading.Event()
        self._ending = False
        self._thread = None

    def register(self, kind, function):
        """Jobs of this kind are done by `function(**args)`."""
        self._functions[kind] = function

    def put(self, kind, args):
        self._store.add_job(asdict(Job(kind, args, current_context())))
        self._wake.set()

    def run_next(self):
        """Does the oldest job; False if there is none. A job that keeps failing is set aside."""
        found = self._store.next_job()
        if found is None:
            return False
        number, payload = found
        job = Job(**payload)
        state = "done" if self._try(job) else "failed"
        self._store.finish_job(number, state)
        self._counters.add(f"jobs_{state}")
        return True

    def _try(self, job):
        pause = self._pause
        for attempt in range(1, self._attempts + 1):
            try:
                with self._tracer.span(f"job {job.kind}", parent=job.trace, attempt=attempt):
                    self._functions[job.kind](**job.args)
                return True
            except Exception as error:
                log.warning("job %s failed (attempt %d of %d): %s", job.kind, attempt, self._attempts, error)
                if attempt < self._attempts:
                    self._clock.sleep(pause)
                    pause *= 2
        return False

    def start(self):
        """Does jobs in a thread until `drain`."""
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
        self._thread.start()

    def _work(self):
        while not self._ending:
            if not self.run_next():
                self._wake.wait(timeout=1.0)
                self._wake.clear()

    def drain(self):
        """No new jobs are begun; the one that runs gets ten seconds."""
        self._ending = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
