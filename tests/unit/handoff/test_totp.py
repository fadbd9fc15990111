"""One-time codes: the vectors of RFC 4226 and RFC 6238, drift, and no code twice."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.totp import (
    STEP,
    code_at,
    matching_step,
    new_recovery_codes,
    new_secret,
    normal_code,
    otpauth,
    recovery_hash,
)

#: The secret of both RFCs: "12345678901234567890".
RFC = base64.b32encode(b"12345678901234567890").decode()


#: Appendix D of RFC 4226: the codes of the counters 0 to 9.
HOTP = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]


@pytest.mark.parametrize(("counter", "code"), list(enumerate(HOTP)))
def test_the_vectors_of_rfc_4226(counter, code):
    assert code_at(RFC, counter) == code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238(seconds, code):
    assert code_at(RFC, seconds * 1000 // STEP, digits=8) == code
    assert matching_step(RFC, code[2:], seconds * 1000, 0) == seconds * 1000 // STEP


@given(st.integers(min_value=10, max_value=2**40), st.integers(min_value=-4, max_value=4))
def test_a_clock_may_be_off_by_one_step(step, off):
    secret = new_secret()
    found = matching_step(secret, code_at(secret, step + off), step * STEP + 17, 0)
    # A code of six digits may by chance be that of a neighbour.
    near = {code_at(secret, step + one) for one in (-1, 0, 1)}
    assert (found is not None) == (code_at(secret, step + off) in near)


def test_a_code_and_all_before_it_hold_once():
    now = 1_000 * STEP
    used = matching_step(RFC, code_at(RFC, 1_000), now, 0)
    assert used == 1_000
    assert matching_step(RFC, code_at(RFC, 1_000), now, used) is None
    assert matching_step(RFC, code_at(RFC, 999), now, used) is None
    assert matching_step(RFC, code_at(RFC, 1_001), now, used) == 1_001


@given(st.text(max_size=200))
def test_nonsense_is_no_code_and_no_error(text):
    if normal_code(text) not in {code_at(RFC, step) for step in (0, 1, 2)}:
        assert matching_step(RFC, text, STEP, -1) is None
    assert len(recovery_hash("a", text)) == 64


def test_a_code_may_be_typed_as_the_phone_shows_it():
    code = code_at(RFC, 1_000)
    eastern = "".join(chr(0x660 + int(digit)) for digit in code)
    for typed in (f"{code[:3]} {code[3:]}", f" {code}\t", eastern, f"\u200f{code}".replace("\u200f", " ")):
        assert matching_step(RFC, typed, 1_000 * STEP, 0) == 1_000


def test_recovery_codes_are_many_and_kept_as_hashes():
    codes = new_recovery_codes()
    assert len(set(codes)) == 8
    assert recovery_hash("a", codes[0].upper().replace("-", " ")) == recovery_hash("a", codes[0])
    assert recovery_hash("a", codes[0]) != recovery_hash("b", codes[0])


def test_the_address_for_the_app_quotes_what_a_login_may_hold():
    assert otpauth("ABC", "anna@x.org", "Street work") == (
        "otpauth://totp/Street%20work:anna%40x.org?secret=ABC&issuer=Street%20work"
    )
