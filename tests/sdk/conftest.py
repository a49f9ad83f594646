"""One simulator, one relay and one gateway for all tests."""

import pathlib
from dataclasses import dataclass

import pytest

from processes import Gateway, Simulator
from relay import Relay

PLAY = pathlib.Path(__file__).with_name("play.yaml")


@dataclass
class Stage:
    """Everything that stands behind a client."""

    simulator: Simulator
    relay: Relay
    gateway: Gateway

    @classmethod
    def open(cls):
        simulator = Simulator(PLAY)
        relay = Relay(simulator.url)
        return cls(simulator, relay, Gateway(relay.url))

    def close(self):
        self.gateway.stop()
        self.relay.stop()
        self.simulator.stop()

    def client(self, kind, upstream, scene, **settings):
        """A client of a kind that asks for a model of that upstream."""
        return kind(self.gateway, upstream.name, system=f"Scene: {scene}.", **settings)

    def seen(self, upstream):
        """The last request, as this upstream got it."""
        passed = self.relay.last
        assert passed.path.split("?")[0] == upstream.path
        return upstream.read(passed.body)


@pytest.fixture(scope="session")
def stage():
    stage = Stage.open()
    yield stage
    stage.close()

