"""Which addresses are public, and which servers of one's own are let through."""

from __future__ import annotations

import socket

import pytest

from digest.errors import FetchError
from digest.http import GuardedClient
from digest.http.addresses import Allowed, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "192.88.99.1", "192.0.0.9", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1",
        "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
        "::ffff:0:7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2001:db8::1", "2001::1", "2002:7f00:1::", "3fff::1",
        "5f00::1", "example.org", "",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_public_internet_is_told(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "::ffff:8.8.8.8", "2606:2800:220:1::1"])
def test_a_public_address_is_told(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "entry", ["cms.internal", "cms.internal:8080", "http://cms.internal:8080/feed", "CMS.internal."]
)
def test_an_allowed_server_is_named_by_host_port_or_url(entry: str) -> None:
    assert Allowed.parse([entry]).holds("Cms.Internal", 8080)


@pytest.mark.parametrize("entry", ["cms.internal:80", "https://cms.internal/feed", "other.internal", ""])
def test_another_port_or_host_is_not_allowed(entry: str) -> None:
    assert not Allowed.parse([entry]).holds("cms.internal", 8080)


@pytest.mark.parametrize("entry", ["::1", "[::1]:8080", "http://[::1]:8080/"])
def test_an_allowed_server_may_be_an_ipv6_address(entry: str) -> None:
    assert Allowed.parse([entry]).holds("::1", 8080)


@pytest.mark.parametrize("written", ["127.1", "2130706433", "0x7f000001"])
def test_odd_ways_to_write_loopback_are_refused(written: str) -> None:
    def resolver(host: str, port: int) -> list[str]:
        return [socket.inet_ntoa(socket.inet_aton(host))]

    with GuardedClient(resolver=resolver) as client, pytest.raises(FetchError, match=r"127\.0\.0\.1 is not a public"):
        client.fetch(f"http://{written}/")
