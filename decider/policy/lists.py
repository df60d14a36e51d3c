"""The lists of a document, compiled: which entries match a part of a request, and where."""

import fnmatch
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_COMMENT = re.compile(r"(?:^|\s)#")


class Kind(StrEnum):
    """What the entries of a list are."""

    IDS = "ids"  # compared with the operator's user id
    NETWORKS = "networks"  # compared with the client's address
    WORDS = "words"  # compared with the topic's name


@dataclass(frozen=True, slots=True)
class Match:
    """An entry of a list that matched, and the span of the subject in code points, the end exclusive."""

    list: str
    kind: Kind
    entry: str
    start: int
    end: int


class IdIndex:
    """One list of user ids. An id without wildcards costs one look-up, however many there are."""

    def __init__(self, name: str, entries: Iterable[str]) -> None:
        self._name = name
        entries = list(entries)
        self._plain = frozenset(entry for entry in entries if not _has_wildcard(entry))
        self._globs = [(entry, _compile_glob(entry)) for entry in entries if _has_wildcard(entry)]

    def find(self, user_id: str) -> Iterator[Match]:
        """Every entry that matches the user id. Case counts."""
        hits = [user_id] if user_id in self._plain else []
        hits += [entry for entry, pattern in self._globs if pattern.match(user_id)]
        return (Match(self._name, Kind.IDS, entry, 0, len(user_id)) for entry in hits)


def _has_wildcard(entry: str) -> bool:
    return any(char in entry for char in "*?[")


def _compile_glob(entry: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(entry))


Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class NetworkIndex:
    """One list of networks. It costs one look-up for each prefix length that occurs."""

    def __init__(self, name: str, entries: Iterable[str]) -> None:
        self._name = name
        self._by_length: dict[tuple[int, int], dict[int, str]] = defaultdict(dict)
        for entry in entries:
            network = parse_network(entry)
            key = (network.version, network.prefixlen)
            self._by_length[key].setdefault(int(network.network_address), entry)

    def find(self, client_ip: str) -> Iterator[Match]:
        """Every network that holds the address. None where the address is empty."""
        if not client_ip:
            return
        address = parse_address(client_ip)
        for (version, length), networks in self._by_length.items():
            entry = networks.get(_prefix(address, length)) if version == address.version else None
            if entry is not None:
                yield Match(self._name, Kind.NETWORKS, entry, 0, len(client_ip))


def parse_network(entry: str) -> Network:
    """A network or a single address. Raises ValueError, saying what to write instead where that is clear."""
    try:
        return ip_network(entry)
    except ValueError as error:
        if "host bits" in str(error):
            raise ValueError(f"'{entry}' names a host in a network; write {ip_network(entry, strict=False)}") from None
        raise ValueError(f"'{entry}' is not an IP address or network") from None


def parse_address(text: str) -> Address:
    """An address; IPv4 inside IPv6 (`::ffff:10.1.2.3`) counts as IPv4. Raises ValueError."""
    address = ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _prefix(address: Address, length: int) -> int:
    bits = address.max_prefixlen - length
    return int(address) >> bits << bits


def read_entries(text: str) -> Iterator[tuple[int, str]]:
    """The entries of a list file with their line numbers: one a line, blank lines and `#` comments left out.

    A comment is a `#` at the start of a line or after white space; `c#` is an entry.
    """
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        entry = _COMMENT.split(line, maxsplit=1)[0].strip() if "#" in line else line.strip()
        if entry:
            yield number, entry
