"""Clients that leave in the middle."""

import pytest

from clients import CLIENTS
from items import Text
from upstreams import UPSTREAMS

#: How long the upstream may go on for nobody, in seconds.
PROMPTLY = 5


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: f"{client.name}-client")
@pytest.mark.parametrize("upstream", UPSTREAMS, ids=lambda upstream: f"{upstream.speaks}-upstream")
def test_a_client_that_leaves_ends_the_upstreams_work(stage, client, upstream):
    asked = stage.client(client, upstream, "hanging")
    asked.say(Text("Begin."))
    leave = asked.begin()
    passed = stage.relay.last
    assert not passed.left.is_set(), "it hangs, and is still wanted"
    leave()
    assert passed.left.wait(PROMPTLY), "the upstream's connection is still open"
