"""Digest answers, judged by the examples of RFC 7616 §3.9.1 and RFC 2617 §3.5, and by the formula of RFC 2069."""

import hashlib
import re

import pytest

from zhitong.lab.phones.digest import Credentials, answer, parse_challenge
from zhitong.lab.phones.errors import MalformedSip

MUFASA = Credentials("Mufasa", "Circle of Life")
RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def said(value: str, name: str) -> str:
    found = re.search(rf'{name}="?([^",]+)', value)
    assert found
    return found[1]


@pytest.mark.parametrize(
    "algorithm, expected",
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616(algorithm: str, expected: str) -> None:
    value = answer(RFC_7616.format(algorithm), MUFASA, "GET", "/dir/index.html", CNONCE)
    assert said(value, "response") == expected
    assert said(value, "algorithm") == algorithm
    assert "nc=00000001" in value and "qop=auth," in value
    assert said(value, "opaque") == "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"


def test_the_example_of_rfc_2617() -> None:
    challenge = (
        'Digest realm="testrealm@host.com", qop="auth,auth-int", '
        'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    value = answer(challenge, Credentials("Mufasa", "Circle Of Life"), "GET", "/dir/index.html", "0a4f113b")
    assert said(value, "response") == "6629fae49393a05397450978507c4ef1"


def test_without_qop_the_old_formula_holds() -> None:
    value = answer('Digest realm="r", nonce="n"', Credentials("u", "p"), "REGISTER", "sip:h", "unused")

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    assert said(value, "response") == md5(f"{md5('u:r:p')}:n:{md5('REGISTER:sip:h')}")
    assert "cnonce" not in value and "nc=" not in value


def test_quotes_in_a_realm_survive() -> None:
    assert parse_challenge(r'Digest realm="the \"hotline\"", nonce=bare')["realm"] == 'the "hotline"'
    assert r'realm="the \"hotline\""' in answer(r'Digest realm="the \"hotline\"", nonce="n"', MUFASA, "X", "y", "z")


@pytest.mark.parametrize("challenge", ["Basic realm=x", "", 'Digest realm="r", nonce="n", algorithm=MD5-sess'])
def test_what_we_cannot_answer_is_said(challenge: str) -> None:
    with pytest.raises(MalformedSip):
        answer(challenge, MUFASA, "GET", "/", "c")
