"""What `detect` promises, in tables over all languages and as properties."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from i18n.detect import Detector
from i18n.transliterate import transliterations

CORPUS = {
    "ru": [
        "Срок вашего вида на жительство скоро истекает. Запишитесь на приём до окончания срока. Возьмите паспорт.",
        "Минимальная заработная плата действует для всех, кто работает в Германии, и для мини-работы тоже.",
        "Вы должны зарегистрировать адрес в течение двух недель после переезда. Попросите хозяина подтвердить.",
        "Если начальник не платит, запишите часы работы и имена свидетелей. Обратитесь в суд по трудовым спорам.",
    ],
    "bg": [
        "Срокът на разрешението ви за пребиваване скоро изтича. Запишете час преди изтичането. Вземете паспорта.",
        "Минималната заплата важи за всички, които работят в Германия, и за малката заетост също.",
        "Трябва да регистрирате адреса си до две седмици след преместването. Помолете наемодателя за бележка.",
        "Ако шефът не плаща, запишете работните часове и имената на свидетелите. Обърнете се към трудовия съд.",
    ],
    "en": [
        "Your residence permit expires soon. Book an appointment before it expires. Bring your passport.",
        "The minimum wage is for everybody who works in Germany, and for mini jobs too.",
        "You must register your address within two weeks after moving. Ask the landlord for a confirmation.",
        "If the boss does not pay, write down the hours and the names of witnesses. Go to the labour court.",
    ],
    "ar": [
        "ستنتهي صلاحية تصريح إقامتك قريبا. احجز موعدا قبل انتهائه. أحضر جواز السفر وعقد العمل.",
        "الحد الأدنى للأجور يسري على كل من يعمل في ألمانيا وعلى الوظائف الصغيرة أيضا.",
        "يجب تسجيل العنوان خلال أسبوعين من الانتقال. اطلب من المالك تأكيدا بالسكن.",
        "إذا لم يدفع صاحب العمل فاكتب ساعات العمل وأسماء الشهود. توجه إلى محكمة العمل.",
    ],
    "de": [
        "Ihr Aufenthaltstitel läuft bald ab. Buchen Sie einen Termin, bevor er abläuft. Bringen Sie den Pass mit.",
        "Der Mindestlohn gilt für alle, die in Deutschland arbeiten, auch für Minijobs.",
        "Sie müssen Ihre Adresse innerhalb von zwei Wochen nach dem Umzug anmelden. Fragen Sie den Vermieter.",
        "Wenn der Chef nicht zahlt, schreiben Sie Stunden und Zeugen auf. Gehen Sie zum Arbeitsgericht.",
    ],
}
DETECTOR = Detector.train(CORPUS)

SENTENCES = {
    "ru": [
        "меня уволили и я не получила последнюю зарплату",
        "подскажите, где перевести диплом",
        "мне пришло письмо, я ничего не понимаю",
        "срочно нужен переводчик",
        "u menya net deneg na bilet",
        "podskazhite gde perevesti diplom",
    ],
    "bg": [
        "уволниха ме и не ми дадоха последната заплата",
        "къде мога да преведа дипломата си",
        "получих писмо, което не разбирам",
        "спешно ми трябва преводач",
        "nqmam pari za bilet",
        "poluchih pismo koeto ne razbiram",
    ],
    "en": [
        "i was fired and did not get my last wage",
        "where can my diploma be translated",
        "i got a letter and i do not understand it",
        "i urgently need an interpreter",
    ],
    "ar": [
        "طردوني من الشغل وما أخذت آخر راتب",
        "وين ممكن ترجم شهادتي",
        "وصلتني رسالة وما فهمت شي",
        "bidi mutarjim ba3ref 3arabi bas",
        "ana mush fahem hal risale",
    ],
    "de": [
        "ich wurde entlassen und habe den letzten lohn nicht bekommen",
        "wo kann ich mein zeugnis übersetzen lassen",
        "ich habe einen brief bekommen und verstehe ihn nicht",
    ],
}


def test_most_sentences_are_told_apart_and_few_are_mistaken() -> None:
    found = [(want, DETECTOR.detect(text).language) for want, texts in SENTENCES.items() for text in texts]
    right = sum(want == got for want, got in found)
    wrong = [pair for pair in found if pair[1] not in {pair[0], None}]
    assert right >= 0.9 * len(found)
    assert len(wrong) <= 1


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_whole_sentences_in_the_own_script(language: str) -> None:
    assert DETECTOR.detect(SENTENCES[language][0]).language == language


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("", "none"),
        ("12345 !!", "none"),
        ("{name} https://example.org/abc", "none"),
        ("\U0001f44d", "none"),
        ("да", "Cyrl"),
        ("ok", "Latn"),
        ("паспорт", "Cyrl"),
        ("Моя зарплата не виплачується, її немає", "Cyrl"),
        ("دنبال خانه می\u200cگردم چگونه پیدا کنم", "Arab"),
        ("你好吗", "other"),
        ("bonjour je cherche un logement pour ma famille", "Latn"),
        ("merhaba iş arıyorum yardım eder misiniz", "Latn"),
        ("szukam pracy i mieszkania dla rodziny", "Latn"),
        ("dobrý den hledám práci", "Latn"),
    ],
)
def test_unsure_is_an_answer(text: str, script: str) -> None:
    found = DETECTOR.detect(text)
    assert found.language is None
    assert found.script == script


def test_the_only_language_of_its_script_needs_two_letters() -> None:
    assert DETECTOR.detect("لا").language == "ar"


def test_the_chosen_language_weighs_in_but_does_not_silence_a_clear_sentence() -> None:
    neutral = DETECTOR.detect("паспорт").confidence
    assert DETECTOR.detect("паспорт", {"bg": 0.95, "ru": 0.05}).language == "bg"
    assert DETECTOR.detect("паспорт", {"ru": 0.95, "bg": 0.05}).language == "ru"
    assert neutral < 0.85
    clear = "получих писмо, което не разбирам, и ми трябва преводач"
    assert DETECTOR.detect(clear, {"ru": 0.9, "bg": 0.02}).language == "bg"


def test_only_the_beginning_is_read() -> None:
    start = "получих писмо, което не разбирам и спешно ми трябва преводач " * 5
    assert DETECTOR.detect(start[:200] + "я ничего не понимаю " * 500) == DETECTOR.detect(start[:200])


def test_an_empty_corpus_knows_nothing() -> None:
    assert Detector.train({}).detect("hello there").language is None
    assert Detector.train({"ka": [""]}).detect("hello there").language is None


def test_regional_tags_are_kept() -> None:
    detector = Detector.train({"de-AT": CORPUS["de"], "en": CORPUS["en"]})
    assert detector.detect("ich habe einen brief bekommen und verstehe ihn nicht").language == "de-AT"


@settings(deadline=None)
@given(st.text(alphabet=st.characters(), max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    found = DETECTOR.detect(text)
    assert 0.0 <= found.confidence <= 1.0
    assert found.language in {*CORPUS, None}


@pytest.mark.parametrize(
    ("text", "language", "spellings"),
    [
        ("Живот ще", "bg", ("zhivot shte", "jivot 6te")),
        ("жить", "ru", ("zhit", "jit'")),
        ("حبيبي", "ar", ("habibi", "7ebyby")),
        ("hello", "en", ()),
    ],
)
def test_latin_spellings(text: str, language: str, spellings: tuple[str, ...]) -> None:
    assert transliterations(text, language) == spellings
