"""Answers requests: finds the method, lets the faults strike, calls what answers it."""

import json
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from infra.local.google.call import Call, Reply, Route
from infra.local.google.clock import http_date
from infra.local.google.errors import GoogleError
from infra.local.google.faults import Kind
from infra.local.google.mask import masked
from infra.local.google.shape import Json
from infra.local.google.world import World

LOG = logging.getLogger(__name__)
GARBAGE = b"<!DOCTYPE html><html><title>Sorry</title><p>We're sorry, but ...</p></html>"


@dataclass(slots=True, frozen=True)
class Request:
    """An HTTP request as it came."""

    verb: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Application:
    """The simulated APIs and, under `/sim/`, what controls them."""

    def __init__(self, world: World, routes: Iterable[Route]) -> None:
        self._world = world
        rules = [Rule(each.path, methods=[each.verb], endpoint=each) for each in routes]
        self._map = Map(rules, strict_slashes=False, redirect_defaults=False, merge_slashes=False)
        self._matcher = self._map.bind("localhost")

    def answer(self, request: Request) -> Reply:
        """Answer a request; every answer has a date of the simulated clock."""
        try:
            reply = self._routed(_unwrapped(request))
        except GoogleError as error:
            reply = Reply(error.status, error.body(), error.headers())
        except Exception as error:
            # A control call with wrong fields, or a defect of ours: said, not swallowed.
            wrong = "invalid" if request.target.startswith("/sim/") else "internalError"
            LOG.exception("simulated Google failed", extra={"target": request.target})
            refusal = GoogleError(wrong, f"{type(error).__name__}: {error}")
            reply = Reply(refusal.status, refusal.body())
        reply.headers.setdefault("Date", http_date(self._world.clock.now()))
        return reply

    def _routed(self, request: Request) -> Reply:
        parts = urlsplit(request.target)
        try:
            route, path = self._matcher.match(unquote(parts.path), method=request.verb)
        except HTTPException as error:
            raise GoogleError("notFound", status=error.code) from error
        query = parse_qs(parts.query, keep_blank_values=True)
        if route.path.startswith("/sim/"):
            call = self._call(route, path, query, request, account="")
            return self._perform(route, call)
        return self._journalled(route, path, query, request)

    def _journalled(
        self,
        route: Route,
        path: Mapping[str, str],
        query: Mapping[str, list[str]],
        request: Request,
    ) -> Reply:
        account, status, fault = "", 0, ""
        try:
            account = self._world.access.account(request.headers.get("Authorization", ""))
            call = self._call(route, path, query, request, account=account)
            reply, fault = self._with_faults(route, call, urlsplit(request.target).path)
            status = 0 if reply.dropped else reply.status
        except GoogleError as error:
            status = error.status
            raise
        finally:
            self._world.journal.write(
                at=self._world.clock.now(),
                method=route.method,
                account=account,
                status=status,
                target=request.target[:500],
                fault=fault,
            )
        return reply

    def _with_faults(self, route: Route, call: Call, target: str) -> tuple[Reply, str]:
        about = {"method": route.method, "account": call.account, "target": unquote(target)}
        faults = self._world.faults
        if late := faults.draw(Kind.LATENCY, **about):
            time.sleep(late.seconds)
        if bad := faults.draw(Kind.ERROR, **about):
            raise GoogleError(
                bad.reason, bad.message, status=bad.status, retry_after=bad.retry_after
            )
        if faults.draw(Kind.GARBAGE, **about):
            headers = {"Content-Type": "text/html; charset=UTF-8"}
            return Reply(200, GARBAGE, headers), Kind.GARBAGE
        reply = self._perform(route, call)
        if reply.before and faults.draw(Kind.SYNC_FIRST, **about):
            reply.before()
        if lost := faults.draw(Kind.LOST_ANSWER, **about):
            return Reply(dropped=True, reset=lost.reset), Kind.LOST_ANSWER
        return reply, ""

    def _perform(self, route: Route, call: Call) -> Reply:
        with self._world.lock:
            reply = route.answer(call)
        if reply is None:
            return Reply(204)
        if isinstance(reply, dict):
            reply = Reply(200, reply)
        if isinstance(reply.body, dict):
            reply.body = masked(reply.body, call.text("fields", route.fields))
        return reply

    def _call(
        self,
        route: Route,
        path: Mapping[str, str],
        query: Mapping[str, list[str]],
        request: Request,
        *,
        account: str,
    ) -> Call:
        return Call(
            world=self._world,
            method=route.method,
            account=account,
            path=path,
            query=query,
            body=_body(request),
            headers=request.headers,
        )


def _body(request: Request) -> Json:
    if not request.body or request.target.startswith("/upload/"):
        return {}
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise GoogleError("parseError") from error
    if not isinstance(body, dict):
        raise GoogleError("parseError")
    return body


def _unwrapped(request: Request) -> Request:
    """Undo what clients do with an over-long query: a GET as a POST with the query as a form."""
    verb = request.headers.get("X-HTTP-Method-Override")
    if request.verb != "POST" or not verb:
        return request
    target = f"{request.target.partition('?')[0]}?{request.body.decode()}"
    return Request(verb.upper(), target, request.headers, b"")
