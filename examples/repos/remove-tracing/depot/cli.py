"""The command line."""

import argparse
import json
import logging
import os
import pathlib
import signal
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from depot import __version__, settings
from depot.app import App
from depot.errors import ConfigError, DepotError
from depot.http import wsgi
from depot.telemetry import render_trees


class QuietHandler(WSGIRequestHandler):
    """The access log is the middleware's."""

    def log_message(self, format, *args):
        pass


def serve(arguments, out):
    app = App(settings.load(arguments.config, os.environ))
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    server = make_server(app.settings["listen.host"], app.settings["listen.port"], wsgi(app.handle),
                         handler_class=QuietHandler)

    def end(number, frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    app.queue.start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        app.stop()
    return 0


def quote(arguments, out):
    app = App(settings.load(arguments.config, {"DEPOT_STORE": ":memory:", "DEPOT_TRACING_ENDPOINT": ""}))
    offer = app.rates.quote(arguments.origin, arguments.target, arguments.grams)
    out.write(f"{offer.cents / 100:.2f} EUR, zone {offer.zone}, {offer.days} days\n")
    app.stop()
    return 0


def check_config(arguments, out):
    for key, value in settings.load(arguments.file, os.environ).items():
        out.write(f"{key} = {json.dumps(value)}\n")
    return 0


def spans(arguments, out):
    try:
        saved = json.loads(pathlib.Path(arguments.file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DepotError(f"{arguments.file} holds no spans: {error}") from error
    out.write(render_trees(saved))
    return 0


def parser():
    top = argparse.ArgumentParser(prog="depot", description="The service behind the counter of a parcel depot.")
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(dest="command", required=True)
    command = commands.add_parser("serve", help="answer requests until stopped")
    command.add_argument("--config", help="configuration file")
    command.set_defaults(run=serve)
    command = commands.add_parser("quote", help="print a price")
    command.add_argument("origin")
    command.add_argument("target")
    command.add_argument("grams", type=int)
    command.add_argument("--config", help="configuration file")
    command.set_defaults(run=quote)
    command = commands.add_parser("check-config", help="print what a configuration file comes to")
    command.add_argument("file")
    command.set_defaults(run=check_config)
    command = commands.add_parser("spans", help="print saved spans as trees")
    command.add_argument("file")
    command.set_defaults(run=spans)
    return top


def main(argv, out=sys.stdout, err=sys.stderr):
    arguments = parser().parse_args(argv)
    try:
        return arguments.run(arguments, out)
    except (ConfigError, DepotError) as error:
        err.write(f"depot: {error}\n")
        return 2
