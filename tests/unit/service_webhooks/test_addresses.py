"""Which addresses webhooks may reach."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.webhooks.addresses import is_public
from service.webhooks.desk import EndpointRefusedError, require_url

PRIVATE = [
    "10.0.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::10.0.0.1",
    "::ffff:10.0.0.1",
    "fc00::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:a00:1::",
    "2001:db8::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_of_the_public_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "203.0.114.1", "2606:4700:4700::1111", "64:ff9b::101:101"]
)
def test_the_public_internet_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:0:0", "2002::", "64:ff9b::"]))
def test_a_private_address_stays_private_however_it_is_wrapped(
    address: IPv4Address, prefix: str
) -> None:
    shift = 80 if prefix == "2002::" else 0
    wrapped = IPv6Address(int(IPv6Address(prefix)) | int(address) << shift)
    assert is_public(str(address)) or not is_public(str(wrapped))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "crm.example.com/hooks",
        "http://crm.example.com/hooks",
        "ftp://crm.example.com",
        "https://",
        "https:///hooks",
        "https://user@crm.example.com/",
        "https://user:secret@crm.example.com/",
        "https://crm.example.com/#part",
        "https://crm.example.com:99999/",
        "https://crm.example.com:0/",
        "https://[::1/",
        "https://crm.example.com/a b",
        "https://crm.example.com\\@10.0.0.1/",
        "https://crm.example.com/\n",
        "https://客户.example/",
        "https://127.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
    ],
)
def test_a_url_that_cannot_be_a_receiver_is_refused(url: str) -> None:
    with pytest.raises(EndpointRefusedError):
        require_url(url, allow_private=False)


def test_only_what_lies_within_the_own_network_may_go_without_tls() -> None:
    require_url("https://crm.example.com:8443/hooks?shop=1", allow_private=False)
    require_url("http://10.0.0.7:8080/hooks", allow_private=True)
    with pytest.raises(EndpointRefusedError):
        require_url("http://8.8.8.8/", allow_private=False)
