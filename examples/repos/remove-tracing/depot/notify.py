"""Mails to recipients, put into a folder from which the mail server takes them."""

import pathlib

from depot.telemetry import traced

TEMPLATES = {
    "booked": (
        "Your parcel {number}",
        "We will fetch your parcel {number} on {day}.\n\nPlease have it ready from eight in the morning.\n",
    ),
    "moved": (
        "New pickup day for {number}",
        "The pickup of your parcel {number} is on {day} now.\n",
    ),
}


class Mailer:
    def __init__(self, sender, outbox, counters, tracer):
        self._sender = sender
        self._outbox = pathlib.Path(outbox)
        self._counters = counters
        self.tracer = tracer

    @traced("notify.mail")
    def send(self, to, template, number, day):
        """Writes a mail; the file appears under its name only when it is complete."""
        subject, body = TEMPLATES[template]
        text = (
            f"From: {self._sender}\nTo: {to}\nSubject: {subject.format(number=number)}\n"
            f"Content-Type: text/plain; charset=utf-8\n\n{body.format(number=number, day=day)}"
        )
        self._outbox.mkdir(parents=True, exist_ok=True)
        draft = self._outbox / f".{number}-{template}"
        draft.write_text(text, encoding="utf-8")
        draft.rename(self._outbox / f"{number}-{template}.eml")
        self._counters.add("mails")
