"""Who is let in to a view, and how often: `@limited("visitors", by_ip)`, with headers that tell the rest."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from ipaddress import IPv6Address, ip_address
from typing import ParamSpec, TypeVar

from flask import Response, after_this_request, request

from retoma_server.actions.callers import Caller, principal_of, proofs
from retoma_server.adapters.counting import Standing
from retoma_server.adapters.limiting import Limits, Rule
from retoma_server.adapters.tokens import hash_secret
from retoma_server.domain.errors import Forbidden, Invalid, RetomaError, TooMany, Unauthenticated

from .auth import current_caller, deps
from .problems import CATALOGUE

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
View = Callable[Arguments, Result]
Key = Callable[[str, Limits], tuple[str, ...]]
"""From a limit's name: the name of the one that applies to this request, then whom to count."""

VERIFIED = ("sk", "ct", "jw")
"""Kinds of credential that nobody can make up: `current_caller` has compared or checked them."""
BEFORE_PROOF = frozenset((400, 404, 406, 413, 415, 422, 428))
"""With these a request may be refused for what it says, before the records that prove its caller are read.

By the time of any other refusal they have been.
"""


def limited(rule: str, key: Key) -> Callable[[View[Arguments, Result]], View[Arguments, Result]]:
    """Count each request to a view; the view is not called, and TooMany raised, when it is one too many.

    This stands above all that reads the request. Who turns out not to be who they say learns only that,
    and is counted by address as well, under `unproved`. The answer tells where the caller stands, in
    `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11).
    """

    def decorate(view: View[Arguments, Result]) -> View[Arguments, Result]:
        @wraps(view)
        def counted(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            limits = deps().limits
            with unproved_counted(limits, Unauthenticated, Forbidden, Invalid):
                current_caller()  # a credential that cannot be is refused also where none is needed
            with unproved_counted(limits, Unauthenticated):
                name, *who = key(rule, limits)
                count(limits, name, who)
                with caller_proved():
                    return view(*args, **kwargs)

        return counted

    return decorate


@contextmanager
def unproved_counted(limits: Limits, *kinds: type[RetomaError]) -> Iterator[None]:
    """Count by address whoever meets a refusal of these kinds, and raise TooMany when it is one too many."""
    try:
        yield
    except kinds:
        count(limits, "unproved", [network(request.remote_addr or "")])
        raise


@contextmanager
def caller_proved() -> Iterator[None]:
    """Raise Unauthenticated in place of a refusal that a forged credential should not have come to see.

    The proof of a caller is read with the draft, in one trip; only a request that was refused before
    that pays a trip of its own.
    """
    try:
        yield
    except RetomaError as refusal:
        if CATALOGUE[refusal.code].status in BEFORE_PROOF:
            prove(current_caller())
        raise


def prove(caller: Caller) -> None:
    """Read the records that prove a caller, unless that was done or none are needed; raises as they tell."""
    if not caller.proved and any(proofs(caller)):
        principal_of(deps(), caller)


def count(limits: Limits, name: str, who: list[str]) -> None:
    """Count this request, and announce in its answer, whatever that will be, what is left."""
    try:
        limits.hit(name, *who)
    except TooMany as refusal:
        announce(name, limits.rules[name], Standing(0, refusal.facts["retry_after"]))
        raise
    standing = limits.state(name, *who)
    if standing is not None:
        announce(name, limits.rules[name], standing)


def announce(name: str, rule: Rule, standing: Standing) -> None:
    """Have the headers set on the answer to this request."""

    @after_this_request
    def set_headers(response: Response) -> Response:
        response.headers.add("RateLimit-Policy", f'"{name}";q={rule.amount};w={rule.seconds}')
        response.headers.add("RateLimit", f'"{name}";r={standing.remaining};t={standing.reset}')
        return response


def by_ip(rule: str, limits: Limits) -> tuple[str, ...]:
    """Count by the client's address: the socket's, or what the trusted proxies say."""
    return rule, network(request.remote_addr or "")


def network(address: str) -> str:
    """Whom an address stands for: of IPv6 the first 64 bits, as anybody who has one has all the rest."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(IPv6Address(int(known) >> 64 << 64))


def by_caller(rule: str, limits: Limits) -> tuple[str, ...]:
    """Count by principal; where a `service-` limit exists, secret keys have that one.

    A count in the store is of a principal that was proved first, so nobody can use up another's, nor
    fill the store with counts of nobody. A count in memory costs less than a proof: there a wrong
    secret is counted apart from the right one. Pages with a publishable key are told apart by their
    address. Raises Unauthenticated where there is no credential, or a shared count asks for proof.
    """
    caller = current_caller()
    if caller.credential is None:
        raise Unauthenticated("authentication-required")
    if caller.kind == "sk" and f"service-{rule}" in limits.rules:
        rule = f"service-{rule}"
    if caller.kind == "pk":
        return rule, caller.label, network(request.remote_addr or "")
    if limits.rules[rule].shared:
        prove(caller)
        return rule, caller.label
    if caller.kind in VERIFIED:
        return rule, caller.label
    return rule, caller.label, hash_secret(caller.credential.secret)[:16]
