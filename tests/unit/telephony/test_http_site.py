"""``[http]`` of site.toml."""

import pytest

from telephony.config import parse_site
from telephony.errors import ConfigError

SITE = """\
name = "某市12345"
hotline = ["12345"]
[[trunk]]
name = "carrier"
hosts = ["192.0.2.1"]
[[queue]]
name = "citizens"
[http]
"""


def test_there_is_no_api_unless_it_has_a_port() -> None:
    assert parse_site(SITE).http.port is None


@pytest.mark.parametrize(
    "lines",
    [
        "port = 8080",
        'port = 8080\nhost = "localhost"',
        'port = 8080\nhost = "::1"',
        'port = 8080\nhost = "0.0.0.0"\nplain = true',
        'port = 8080\nhost = "10.0.0.5"\ntls_cert = "http.pem"',
        'host = "10.0.0.5"',
    ],
)
def test_passwords_that_cross_no_network_in_the_clear(lines: str) -> None:
    parse_site(SITE + lines)


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ('port = 8080\nhost = "10.0.0.5"', "http.tls_cert"),
        ('port = 8080\nhost = "0.0.0.0"', "http.tls_cert"),
        ('port = 8080\nhost = "zhitong.example"', "http.tls_cert"),
        ('tls_key = "http.key"', "http.tls_cert"),
        ("port = 0", "http.port"),
        ("token_min = 1", "http.token_min"),
        ("session_h = 25", "http.session_h"),
    ],
)
def test_what_is_refused_by_its_key(lines: str, key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        parse_site(SITE + lines)
