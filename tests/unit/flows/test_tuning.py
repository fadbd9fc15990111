"""What a tuning learns: thresholds that hold, files that survive, and a search that does without the encoder."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SettingsError
from flows.classes import Classes, read_classes, write_classes
from flows.encoders import LONGEST_ENCODED, cleaned, load_encoder
from flows.faq import ANSWER, OFFER, Faq, shares_of
from flows.lexical import EntryTexts, Likeness
from flows.skeleton import script
from flows.training import texts_of
from flows.tuned import UNTUNED, Curve, Tuned, fingerprint, log_odds, read_tuned, write_tuned
from flows.tuning import _Seen, _thresholds, held_out, tune
from flows.vectors import Vectors
from tests.fakes.bots import BERLIN, copy_bot, loaded

TOPICS = {
    "wages": "my boss does not pay wages salary money late owes",
    "flat": "landlord rent flat contract notice heating broken deposit",
    "doctor": "ill doctor insurance hospital pain medicine without card",
    "school": "child school kindergarten place teacher lunch register",
    "permit": "residence permit expires appointment office passport extend",
}


class Letters:
    """An encoder that needs no model: how often each letter stands in a text."""

    name = "letters/1"
    size = 26

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts):
        self.encoded += texts
        return [[float(text.count(chr(97 + n))) + 0.01 * n for n in range(26)] for text in texts]


def texts(examples: int = 8) -> dict[str, tuple[EntryTexts, ...]]:
    found = []
    for name, line in TOPICS.items():
        words = line.split()
        asked = [" ".join(words[n % len(words) :][:4] + words[: n % 3]) for n in range(examples)]
        found.append(EntryTexts(entry=name, asked=(f"about {name}", *asked), told=line))
    return {"en": tuple(found)}


OUTSIDE = {"en": ["who won the match", "tell me a joke", "weather tomorrow", "bake a cake", "buy a dog"]}


def test_a_tuning_without_an_encoder_gives_thresholds_in_order():
    tuned, classes = tune(texts(), OUTSIDE, None)
    assert classes is None
    assert tuned.encoded is None
    assert 0 < tuned.lexical.offer <= tuned.lexical.answer <= 1
    assert tuned.texts == fingerprint(texts())
    assert tuned.measured["lexical"]["top1"] > 50
    assert tuned.measured["lexical"]["outside_answered"] <= 3
    assert tune(texts(), OUTSIDE, None) == (tuned, None)


def test_examples_are_held_out_in_all_languages_at_once_and_the_own_words_never():
    both = texts() | {"bg": texts()["en"]}
    seen = []
    for known, held in held_out(both):
        for language, found in known.items():
            for one, whole in zip(found, both[language], strict=True):
                assert one.asked[:1] == whole.asked[:1]
                gone = [text for entry, of, text in held if entry == one.entry and of == language]
                assert sorted((*one.asked, *gone)) == sorted(whole.asked)
        seen += [text for _, language, text in held if language == "en"]
    assert sorted(seen) == sorted(text for one in both["en"] for text in one.asked[1:])


def test_with_an_encoder_its_opinion_counts_and_without_it_nothing_breaks():
    pytest.importorskip("numpy", reason="fitting needs the extra embed")
    vectors = Vectors(Letters())
    tuned, classes = tune(texts(), OUTSIDE, vectors)
    assert classes is not None
    assert tuned.encoder == "letters/1"
    known = Faq(texts(), tuned=tuned, classes=classes, encoder=Letters())
    assert known.encodes
    assert known.search("my boss does not pay", "en", 3)[0].id == "wages"
    assert known.search("my boss does not pay", "en", 3, quick=True)[0].id == "wages"
    alone = Faq(texts(), tuned=tuned, classes=classes)
    assert not alone.encodes
    assert alone.search("my boss does not pay", "en", 3)[0].id == "wages"


def test_classes_that_do_not_know_a_new_entry_have_no_say():
    pytest.importorskip("numpy", reason="fitting needs the extra embed")
    tuned, classes = tune(texts(), OUTSIDE, Vectors(Letters()))
    more = (*texts()["en"], EntryTexts(entry="new", asked=("a question that came later",)))
    assert Faq(texts(), tuned=tuned, classes=classes, encoder=Letters()).encodes
    assert not Faq({"en": more}, tuned=tuned, classes=classes, encoder=Letters()).encodes


def test_classes_of_another_encoder_are_left_alone():
    classes = Classes("another/2", "", [0.0] * 26, {"wages": [1.0] * 26})
    tuned = Tuned(lexical=UNTUNED.lexical, encoded=UNTUNED.lexical, encoder="another/2")
    encoder = Letters()
    faq = Faq(texts(), tuned=tuned, classes=classes, encoder=encoder)
    faq.search("my boss", "en", 3)
    assert encoder.encoded == []


# -- files -------------------------------------------------------------------------------------------------


def test_files_survive_and_broken_ones_are_told_apart():
    tuned, _ = tune(texts(), OUTSIDE, None)
    assert read_tuned(write_tuned(tuned)) == tuned
    classes = Classes("letters/1", "abc", [0.5] * 26, {"wages": [0.25] * 26, "flat": [-1.0] * 26})
    again = read_classes(write_classes(classes))
    assert again is not None
    assert again.scores([1.0] * 26) == classes.scores([1.0] * 26)
    vectors = Vectors(Letters())
    vectors.prepare(["one text", "another"])
    kept = Vectors(fresh := Letters(), vectors.dump(["one text"]))
    kept.prepare(["one text", "another"])
    assert fresh.encoded == ["another"]


@given(st.binary(max_size=200))
def test_no_file_breaks_the_reading(data):
    assert read_tuned(data) is None
    assert read_classes(data) is None
    assert read_classes(write_classes(Classes("e", "t", [1.0, 2.0], {"a": [1.0, 2.0]}))[:-1]) is None
    Vectors(Letters(), data).prepare(["text"])


@pytest.mark.parametrize(("offer", "answer"), [(0.5, 0.4), (0.0, 0.5), (0.5, 1.5)])
def test_thresholds_that_make_no_sense_are_refused(offer, answer):
    curve = Curve(bias=0.0, near=1.0, share=1.0, offer=offer, answer=answer)
    assert read_tuned(write_tuned(Tuned(lexical=curve))) is None


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.5), st.floats(0.5, 0.99))
def test_a_score_is_a_chance_with_its_thresholds_at_fixed_places(near, share, offer, answer):
    curve = Curve(bias=-3.0, near=5.0, share=2.0, offer=offer, answer=answer)
    chance, score = curve.chance(near, share), curve.score(near, share)
    assert 0 <= score <= 1
    assert (score >= ANSWER) == (chance >= answer) or math.isclose(chance, answer, abs_tol=1e-9)
    assert (score >= OFFER) == (chance >= offer) or math.isclose(chance, offer, abs_tol=1e-9)


@given(st.floats(0, 1), st.floats(0, 1))
def test_log_odds_rise_with_the_share_and_stay_within_bounds(one, two):
    low, high = sorted((one, two))
    assert -8 <= log_odds(low) <= log_odds(high) <= 8
    assert log_odds(0.5) == pytest.approx(0)


@pytest.mark.parametrize("wrong", [0, 1, 5, 20, 60])
def test_of_what_is_shown_few_are_wrong_and_few_are_answers_to_nothing(wrong):
    """The surest of 400 examples are right, the next are wrong ones, then ones that have no answer."""
    seen = [_Seen("example", 0.5, 0.99 - n / 1000, n < 200 or n >= 200 + wrong, True) for n in range(400)]
    seen += [_Seen("outside", 0.5, 0.7 - n / 1000, False, False) for n in range(100)]
    chances = [(one, one.share) for one in seen]
    answer, _ = _thresholds(chances)
    shown = [one for one, chance in chances if chance >= answer]
    mistaken = sum(one.kind == "example" and not one.right for one in shown)
    assert mistaken <= 0.05 * len(shown) + 2
    assert sum(one.kind == "outside" for one in shown) <= 3
    assert len(shown) >= 200


def test_arabic_is_learned_as_it_comes_back_from_latin_letters():
    known = {"ar": (EntryTexts(entry="a", asked=("راتب العمل",)),), "en": (EntryTexts(entry="a", asked=("wages",)),)}
    found = list(texts_of(known))
    assert [entry for entry, _ in found] == ["a"] * 6  # two texts, two answers that are empty, two spellings
    spelled = [text for _, text in found if text not in {"راتب العمل", "wages", ""}]
    assert len(spelled) == 2
    assert all(script(text) == "arabic" for text in spelled)


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 1), min_size=1))
def test_shares_leave_room_for_what_is_none_of_them(near):
    shares = shares_of({entry: Likeness(points=30 * share, near=share) for entry, share in near.items()}, None)
    assert 0 < sum(shares.values()) < 1
    nearest = max(near, key=lambda one: near[one])
    assert shares[nearest] == max(shares.values())


def test_a_bot_whose_texts_changed_is_told_to_tune_again(tmp_path):
    bot = copy_bot(BERLIN, tmp_path)
    (bot / "search" / "tuned.json").write_bytes(write_tuned(Tuned(texts="other", lexical=UNTUNED.lexical)))
    assert "H522" in [one.code for one in loaded(bot).findings]
    (bot / "search" / "tuned.json").write_text("{", encoding="utf-8")
    found = loaded(bot)
    assert "W521" in [one.code for one in found.findings]
    assert found.program is not None


# -- encoders ----------------------------------------------------------------------------------------------


def test_an_encoder_is_found_by_name_or_missed_in_plain_words():
    assert load_encoder("none") is None
    with pytest.raises(SettingsError, match=r"no encoder 'e6'.*auto"):
        load_encoder("e6")


@given(st.text(max_size=1000))
def test_what_is_encoded_is_short_and_whole(text):
    found = cleaned(text)
    assert len(found) <= LONGEST_ENCODED
    found.encode()
    assert cleaned(found) == found
    assert "\n" not in found
