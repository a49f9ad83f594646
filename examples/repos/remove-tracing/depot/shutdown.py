"""Ends everything in the right order."""

import logging

log = logging.getLogger("depot.shutdown")

#: `part:method`, one after the other. The queue comes first: its jobs need the store.
ORDER = "queue:drain store:close exporter:flush"


def stop(app):
    """Ends the parts of an app. One that fails does not keep the others from ending; the first error is raised at the end."""
    first = None
    for entry in ORDER.split():
        part, method = entry.split(":")
        try:
            getattr(getattr(app, part), method)()
        except Exception as error:
            log.error("%s of %s failed: %s", method, part, error)
            first = first or error
    if first is not None:
        raise first
