"""The simulated methods are Google's: their paths and verbs, and (see client.py) their answers."""

import re

import pytest

from infra.local.google.call import Route
from infra.local.google.routes import APIS
from tests.local.google.discovery import full_path, method_of, methods


@pytest.mark.parametrize("route", APIS, ids=lambda route: route.method)
def test_every_route_is_a_method_of_google(route: Route) -> None:
    """Verb, path and id of what is simulated are those of the discovery document."""
    path = re.sub(r"<[^>]*>", "x", route.path)
    api, method = method_of(route.verb, path)
    assert method == route.method
    names = re.findall(r"<(?:\w+:)?(\w+)>", route.path)
    assert names == re.findall(r"\{(\w+)\}", full_path(api, method))
    assert set(names) <= set(methods(api)[method]["parameters"]) if names else True
