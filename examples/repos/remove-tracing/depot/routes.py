"""What is answered under which path."""

import datetime
import re

from depot import __version__
from depot.errors import Conflict, DepotError, NotFound
from depot.http import Response, required

#: A change of pickup is possible until this hour of the day before.
LAST_HOUR = 16


def quote(app, request):
    data = request.json()
    offer = app.rates.quote(required(data, "from", str), required(data, "to", str), required(data, "grams", int))
    return Response(200, {"cents": offer.cents, "zone": offer.zone, "days": offer.days})


def book(app, request):
    data = request.json()
    sender = app.addresses.check(required(data, "sender", dict))
    recipient = app.addresses.check(required(data, "recipient", dict))
    grams = required(data, "grams", int)
    offer = app.rates.quote(sender["postcode"], recipient["postcode"], grams)
    with app.tracer.span("book", zone=offer.zone):
        parcel = app.store.add_parcel(sender, recipient, grams, offer.cents)
        day = app.pickups.plan(parcel["number"], data.get("pickup"))
    if data.get("mail"):
        app.queue.put("mail", {"to": data["mail"], "template": "booked", "number": parcel["number"], "day": day})
    if data.get("hook"):
        app.queue.put("hook", {"url": data["hook"], "event": "booked", "number": parcel["number"]})
    return Response(201, {"number": parcel["number"], "cents": parcel["cents"], "pickup": day})


def show(app, request, number):
    parcel = _parcel(app, number)
    return Response(200, {**parcel, "pickup": app.pickups.day_of(number)})


def label(app, request, number):
    return Response(200, app.labels.render(_parcel(app, number)))


def move_pickup(app, request, number):
    _parcel(app, number)
    planned = app.pickups.day_of(number)
    if planned is None:
        raise Conflict("the parcel has been fetched already")
    before = datetime.date.fromisoformat(planned) - datetime.timedelta(days=1)
    if app.clock.now() >= datetime.datetime.combine(before, datetime.time(LAST_HOUR)):
        raise Conflict(f"a pickup can be moved until {LAST_HOUR}:00 of the day before")
    return Response(200, {"pickup": app.pickups.plan(number, required(request.json(), "pickup", str))})


def counters(app, request):
    return Response(200, app.counters.snapshot())


def health(app, request):
    return Response(200, {"version": __version__, "parcels": app.store.count_parcels(), "jobs": app.store.count_jobs()})


def _parcel(app, number):
    parcel = app.store.parcel(number)
    if parcel is None:
        raise NotFound(f"there is no parcel {number}")
    return parcel


ROUTES = [
    ("POST", r"/quotes", quote),
    ("POST", r"/parcels", book),
    ("GET", r"/parcels/(P\d{8})", show),
    ("GET", r"/parcels/(P\d{8})/label", label),
    ("PUT", r"/parcels/(P\d{8})/pickup", move_pickup),
    ("GET", r"/counters", counters),
    ("GET", r"/health", health),
]


class MethodNotAllowed(DepotError):
    status = 405


def dispatch(app):
    """The handler behind all middleware."""
    table = [(method, re.compile(pattern), function) for method, pattern, function in ROUTES]

    def handler(request):
        allowed = []
        for method, pattern, function in table:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                return function(app, request, *match.groups())
            if match:
                allowed.append(method)
        if allowed:
            raise MethodNotAllowed(f"{request.path} knows {', '.join(allowed)}")
        raise NotFound(f"there is nothing under {request.path}")

    return handler
