"""Which addresses somebody may have us post to: what is on the public internet, in whatever notation it is written."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common import egress
from libs.common.egress import NotOutside, demand_outside, target

INSIDE4 = (
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "172.31.255.255",
    "192.0.0.1", "192.0.2.1", "192.168.0.1", "198.18.0.1", "198.51.100.7", "203.0.113.7", "224.0.0.1", "240.0.0.1",
    "255.255.255.255",
)  # fmt: skip
INSIDE6 = (
    "::", "::1", "fc00::1", "fd00::1", "fe80::1", "ff02::1", "2001:db8::1", "3fff::1", "100::1", "64:ff9b:1::a00:1",
    "5f00::1", "2001:2::1",
)  # fmt: skip
PUBLIC = ("93.184.216.34", "8.8.8.8", "2606:4700::1111", "2a00:1450:4001:80b::200e")


@pytest.mark.parametrize("address", [*INSIDE4, *INSIDE6])
def test_what_is_not_on_the_public_internet_is_refused(address: str) -> None:
    with pytest.raises(NotOutside, match="not on the public internet"):
        demand_outside(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_on_the_public_internet_may_be_posted_to(address: str) -> None:
    demand_outside(ip_address(address))


@given(inner=st.sampled_from(INSIDE4), way=st.sampled_from(("::ffff:{}", "64:ff9b::{}", "::{}")))
def test_an_inside_address_in_ipv6_clothes_is_refused(inner: str, way: str) -> None:
    with pytest.raises(NotOutside):
        demand_outside(ip_address(way.format(inner)))


@pytest.mark.parametrize("inner", INSIDE4)
def test_an_inside_address_behind_6to4_or_teredo_is_refused(inner: str) -> None:
    number = int(ip_address(inner))
    for tunnel in ((0x2002 << 112) | (number << 80), (0x20010000 << 96) | (number ^ 0xFFFFFFFF)):
        with pytest.raises(NotOutside):
            demand_outside(ip_address(tunnel.to_bytes(16)))


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks.example.com", "//hooks.example.com/", "https://", "https:///path", "javascript:alert(1)",
        "https://hooks.example.com:99999/", "https://hooks.example.com:22/", "https://a@evil#@good.example/",
        "https://hooks.example.com/#part", "https://hooks example.com/", "https://hooks.example.com\\@evil.example/",
        "https://häuser.example/", "https://hooks.example.com/\n", "https://-hooks-.example.com/", "https://intranet/",
        "https://printer.local/", "https://db.internal/", "https://[::1]/", "https://017700000001/",
        "https://127.1/", "https://0x7f000001/", "https://[::ffff:7f00:1]/", "https://localhost./",
        "https://hooks.example.com/" + "x" * 2000,
    ],
)  # fmt: skip
def test_no_other_address_is_taken(url: str) -> None:
    with pytest.raises(NotOutside):
        target(url)


def test_an_address_is_taken_apart_as_it_was_typed() -> None:
    where = target("https://Hooks.Example.com:8443/a%20b/?token=x&y=1")
    assert (where.host, where.port, where.path) == ("hooks.example.com", 8443, "/a%20b/?token=x&y=1")
    assert where.named == "hooks.example.com:8443"
    assert target("https://hooks.example.com").path == "/"


def test_a_network_of_ours_may_be_named_and_only_that_is_reached_without_encryption() -> None:
    inside = (ip_network("10.1.0.0/16"),)
    assert target("http://10.1.2.3:8080/in", inside).host == "10.1.2.3"
    for url in ("http://10.2.0.1/", "https://10.2.0.1/", "http://8.8.8.8/"):
        with pytest.raises(NotOutside):
            target(url, inside)


def test_a_name_is_judged_by_all_it_means(monkeypatch: pytest.MonkeyPatch) -> None:
    meant = ["93.184.216.34", "10.1.2.3"]
    found = [(2, 1, 6, "", (one, 443)) for one in meant]
    monkeypatch.setattr(egress.socket, "getaddrinfo", lambda *_a, **_k: found)
    where = target("https://hooks.example.com/")
    with pytest.raises(NotOutside, match=r"10\.1\.2\.3"):
        egress.addresses(where)
    assert egress.addresses(where, (ip_network("10.1.0.0/16"),)) == meant
