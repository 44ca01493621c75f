"""From the name of a host to addresses that were checked, and are the ones to connect to."""

import socket
from collections.abc import Sequence
from itertools import zip_longest
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Protocol

from fetching.addresses import why_not
from fetching.errors import FetchFailed
from fetching.targets import Target
from fetching.timing import SLICE_S, TimeLimit

MOST_ADDRESSES = 4
"""Tried one after another; a name may have hundreds."""

_NO_SUCH_NAME = {getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)}


class Resolve(Protocol):
    """`socket.getaddrinfo`, or what answers like it."""

    def __call__(self, host: str, port: int, family: int = 0, type: int = 0, /) -> Sequence[tuple[Any, ...]]: ...


def checked_addresses(target: Target, private: bool, resolve: Resolve, limit: TimeLimit) -> list[str]:
    """The addresses to connect to: some of each family in turn, in the resolver's order. The resolver is asked once.

    Raises FetchFailed: `address_refused` if any of the addresses may not be reached, as it would be luck which one is taken;
    `unknown_host` and `unreachable` if the name leads nowhere.
    """
    found = [str(target.address)] if target.address else _named_machine(target, private, resolve, limit)
    for address in found:
        why = why_not(address, private=private)
        if why:
            raise FetchFailed("address_refused", _refusal(target.host, address, why, private))
    return _in_turn(found)[:MOST_ADDRESSES]


def _in_turn(addresses: list[str]) -> list[str]:
    """A machine may have no IPv6, or one that leads nowhere: the second address tried is of the other family."""
    same = [address for address in addresses if (":" in address) == (":" in addresses[0])]
    others = [address for address in addresses if address not in same]
    return [address for pair in zip_longest(same, others) for address in pair if address is not None]


def _refusal(host: str, address: str, why: str, private: bool) -> str:
    at = "" if host == address else f" is at {address}, which"
    cure = "" if private else f"; if that is meant, {host} has to be among the allowed hosts"
    return f"{host}{at} is not on the public internet ({why}){cure}"


def _named_machine(target: Target, private: bool, resolve: Resolve, limit: TimeLimit) -> list[str]:
    if target.is_this_machine and not private:
        raise FetchFailed("address_refused", _refusal(target.host, target.host, "this machine", private))
    answers = _in_time(target, resolve, limit)
    addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    if not addresses:
        raise FetchFailed("unknown_host", f"{target.host} has no address; look for a typing error")
    return addresses


def _in_time(target: Target, resolve: Resolve, limit: TimeLimit) -> Sequence[tuple[Any, ...]]:
    """In a thread of its own, because getaddrinfo knows no time limit; one that is given up ends when the resolver does."""
    answer: SimpleQueue[Sequence[tuple[Any, ...]] | BaseException] = SimpleQueue()

    def ask() -> None:
        try:
            answer.put(resolve(target.host, target.port, 0, socket.SOCK_STREAM))
        except BaseException as error:
            answer.put(error)

    Thread(target=ask, name=f"resolve {target.host}", daemon=True).start()
    while True:
        try:
            found = answer.get(timeout=min(SLICE_S, limit.left(target.host)))
        except Empty:
            continue
        if isinstance(found, OSError):
            raise _not_found(target.host, found) from found
        if isinstance(found, BaseException):
            raise found
        return found


def _not_found(host: str, error: OSError) -> FetchFailed:
    if isinstance(error, socket.gaierror) and error.errno in _NO_SUCH_NAME:
        return FetchFailed("unknown_host", f"there is no host of the name {host}; look for a typing error")
    return FetchFailed("unreachable", f"the name {host} could not be looked up ({error.strerror or error}); try later")
