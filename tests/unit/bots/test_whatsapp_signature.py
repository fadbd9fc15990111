"""Signatures: the library's own vectors, agreement with it on whatever comes, and no way round through headers."""

from __future__ import annotations

import hashlib
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from bots.base import BadRequest, BadSignature
from bots.twilio_signature import read_form, verify
from tests.fakes.twilio_spec import read_spec

URL = "https://bot.example.org/webhook/whatsapp/14155238886"
TOKEN = "0123456789abcdef"
FORM = "application/x-www-form-urlencoded"


def headers(signature: str, **more: str) -> dict[str, str]:
    return {"Content-Type": FORM, "X-Twilio-Signature": signature} | more


def test_the_librarys_vectors() -> None:
    vectors = read_spec("signature.vectors.json")["vectors"]
    assert len(vectors) == 6
    for vector in vectors:
        if "params" in vector:
            body, kind = urlencode([tuple(pair) for pair in vector["params"]]).encode(), FORM
        else:
            body, kind = vector["body"].encode(), "application/json"
        given = {"Content-Type": kind, "X-Twilio-Signature": vector["signature"]}
        form = verify(given, vector["url"], body, auth_token=vector["auth_token"])
        assert sorted(form.items()) == sorted(map(tuple, vector.get("params", [])))
        with pytest.raises(BadSignature):
            verify(given, vector["url"], body, auth_token="another")
        with pytest.raises(BadSignature):
            verify(given, vector["url"] + "x", body, auth_token=vector["auth_token"])


names = st.text(st.characters(blacklist_categories=["Cs"]), max_size=8)
pairs = st.lists(st.tuples(names, names), max_size=8)
paths = st.text("abc/?&=%41.:#@[]", max_size=20)


@settings(max_examples=200, deadline=None)
@given(pairs, paths, st.booleans(), st.sampled_from(["", "HMAC_SHA256", "HMAC_SHA1", "MD5"]))
def test_agrees_with_the_library(fields: list[tuple[str, str]], path: str, honest: bool, algorithm: str) -> None:
    body = urlencode(fields).encode()
    url = URL + path
    form = read_form(body)
    try:
        validator = RequestValidator(TOKEN)
        used = algorithm if algorithm != "MD5" else "HMAC_SHA1"
        signature = validator.compute_signature(url, form, used or None) if honest else "x" * 28
        expected = validator.validate(url, form, signature, algorithm or None)
    except ValueError:
        expected, signature = False, "x"
    given = headers(signature)
    if algorithm:
        given["X-Twilio-Webhooks-Signature-Settings"] = f"algorithm={algorithm}"
    try:
        assert dict(verify(given, url, body, auth_token=TOKEN)) == dict(form)
        accepted = True
    except BadSignature:
        accepted = False
    assert accepted is expected


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.text(max_size=40), st.sampled_from([FORM, "application/json", "", "x"]))
def test_whatever_comes_is_refused_in_words(body: bytes, signature: str, kind: str) -> None:
    with pytest.raises((BadSignature, BadRequest)):
        verify({"Content-Type": kind, "X-Twilio-Signature": signature}, URL + "\udcff", body, auth_token=TOKEN)


def test_missing_and_cut_signatures() -> None:
    body = b"Body=hi"
    right = RequestValidator(TOKEN).compute_signature(URL, {"Body": "hi"})
    assert verify(headers(right), URL, body, auth_token=TOKEN)["Body"] == "hi"
    for wrong in ("", right[:-1], right[:10], right.lower(), f"{right} "):
        with pytest.raises(BadSignature):
            verify(headers(wrong), URL, body, auth_token=TOKEN)
    with pytest.raises(BadSignature):
        verify({"Content-Type": FORM}, URL, body, auth_token=TOKEN)


def test_a_field_more_or_less_breaks_it() -> None:
    right = RequestValidator(TOKEN).compute_signature(URL, {"Body": "hi", "From": "a"})
    for body in (b"Body=hi", b"Body=hi&From=a&To=b", b"Body=ho&From=a", b"Body=hi&From=a&From=b"):
        with pytest.raises(BadSignature):
            verify(headers(right), URL, body, auth_token=TOKEN)


def test_a_shared_key_is_used_only_where_the_call_names_one() -> None:
    key = "a shared secret"
    by_key = RequestValidator(key).compute_signature(URL, {"Body": "hi"}, "HMAC_SHA256")
    named = {"X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    assert verify(headers(by_key, **named), URL, b"Body=hi", auth_token=TOKEN, shared_key=key)["Body"] == "hi"
    with pytest.raises(BadSignature):
        verify(headers(by_key), URL, b"Body=hi", auth_token=TOKEN, shared_key=key)
    with pytest.raises(BadSignature):
        verify(headers(by_key, **named), URL, b"Body=hi", auth_token=TOKEN)


def test_a_body_that_is_no_form_counts_only_with_its_hash() -> None:
    body = b'{"a": 1}'
    hashed = f"{URL}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    right = RequestValidator(TOKEN).compute_signature(hashed, {})
    json_headers = {"Content-Type": "application/json", "X-Twilio-Signature": right}
    assert len(verify(json_headers, hashed, body, auth_token=TOKEN)) == 0
    with pytest.raises(BadSignature):
        verify(json_headers, hashed, b'{"a": 2}', auth_token=TOKEN)
    with pytest.raises(BadSignature):
        verify(json_headers, URL, body, auth_token=TOKEN)


def test_too_many_fields_and_broken_text_are_no_form() -> None:
    for body in (b"&".join(b"a=1" for _ in range(1001)), b"\xff\xfe"):
        with pytest.raises(BadRequest):
            read_form(body)
