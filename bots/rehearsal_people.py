"""The people of a rehearsal: invented, in four languages, with lines that lead through the shipped bot to a human.

Each says their lines one after the other and waits for the bot between two. What stands in ``answers`` they say to the
counsellor, one for each reply; then they only thank.
"""

from __future__ import annotations

from msgspec import Struct

__all__ = ["PEOPLE", "Script"]


class Script(Struct, frozen=True, kw_only=True):
    """One person."""

    name: str
    language: str
    #: Their way to a human: the language, what they ask, that they want a human, no topic, and their consent.
    lines: tuple[str, ...]
    #: Said in the queue, behind a word that nobody real is speaking.
    story: str
    answers: tuple[str, ...]
    thanks: str
    #: Said instead of the first question when danger is rehearsed, too.
    danger: str = ""
    yes: str


PEOPLE: tuple[Script, ...] = (
    Script(
        name="Amal",
        language="ar",
        lines=("العربية", "كم الحد الأدنى للأجور؟", "إنسان", "تخطّي", "نعم"),
        story="أعمل في التنظيف منذ شهرين، وآخر راتب لم يصلني.",
        answers=(
            "نعم، عندي عقد مكتوب، وأعمل 20 ساعة في الأسبوع.",
            "وصلتني رسالة من Jobcenter بتاريخ 12.03.2026 حسب § 60 SGB I، ولا أفهمها.",
            "هل أحتاج إلى موعد؟ رقمي 030 901820.",
        ),
        thanks="شكرًا جزيلًا!",
        yes="نعم",
    ),
    Script(
        name="Ivan",
        language="bg",
        lines=("Български", "Шефът не ми плаща заплатата", "човек", "Пропускане", "да"),
        story="Работя на строеж в Берлин. От три месеца не съм получил пари.",
        answers=(
            "Нямам договор, само съобщения от шефа в телефона.",
            "Имам часовете, записани в тетрадка.",
            "Добре, ще дойда. Какво да нося?",
        ),
        thanks="Благодаря ви!",
        yes="да",
    ),
    Script(
        name="Grace",
        language="en",
        lines=("English", "My landlord gives notice", "human", "Skip", "yes"),
        story="I got a letter that I have to leave my flat in four weeks.",
        answers=(
            "The letter is from 3 March, and the rent was paid late twice.",
            "Two children live with me. Can they put us out?",
            "Yes, please tell me where I can get help near Neukölln.",
        ),
        thanks="Thank you so much!",
        yes="yes",
    ),
    Script(
        name="Olga",
        language="ru",
        lines=("Русский", "Как продлить вид на жительство?", "человек", "Пропустить", "да"),
        story="Мой вид на жительство заканчивается через три недели, термина нет.",
        answers=(
            "Я уже два раза писала в LEA, ответа нет.",
            "Работодатель боится, что мне нельзя будет работать.",
            "Хорошо, я пришлю письмо. Что ещё нужно?",
        ),
        thanks="Спасибо большое!",
        danger="я хочу умереть",
        yes="да",
    ),
)
