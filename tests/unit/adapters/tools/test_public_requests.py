"""Which addresses a tool may be sent to."""

from ipaddress import ip_address, ip_network

import pytest

from adapters.tools.public_requests import is_allowed

ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "2606:4700::1111",
        "::ffff:93.184.216.34",  # mapped
        "64:ff9b::5db8:d822",  # by way of NAT64
    ],
)
def test_a_public_address_is_allowed(address: str) -> None:
    assert is_allowed(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.1.1", "172.16.0.1"),
        *("192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "224.0.0.1"),
        *("239.1.1.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%lo", "fec0::1", "ff0e::1"),
        *("100::1", "2001:db8::1", "3fff::1", "64:ff9b:1::5db8:d822"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::1"),
        "2a00::200:5efe:7f00:1",  # ISATAP
    ],
)
def test_a_private_address_is_refused_in_every_form(address: str) -> None:
    assert not is_allowed(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
        *("fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::"),
    ],
)
def test_a_metadata_service_is_refused_even_if_all_is_allowed(address: str) -> None:
    assert not is_allowed(ip_address(address), allowed=ANYWHERE)


def test_an_allowed_network_need_not_be_public() -> None:
    loopback = (ip_network("127.0.0.0/8"),)

    assert is_allowed(ip_address("127.0.0.1"), allowed=loopback)
    assert not is_allowed(ip_address("10.0.0.1"), allowed=loopback)
    assert not is_allowed(ip_address("::1"), allowed=loopback)
