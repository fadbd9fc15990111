"""Translations: gettext catalogues read once from ``.po`` files, and look-up along a person's chain of languages.

:class:`Catalogs` is what the files say, :class:`Translator` adds the fallback chains. After loading there is no IO, and
a look-up is one or two dictionary reads, because a turn makes several of them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po
from msgspec import Struct

from core.errors import BotBroken
from i18n.negotiate import base_language
from i18n.plural import PLURAL_FORMS, plural_rule

__all__ = ["CatalogFile", "Catalogs", "Translated", "Translator", "catalog_files"]

#: (context, source text); the context of a message without one is "".
Key = tuple[str, str]
#: Finished look-ups kept by a translator. A bot has some thousands of texts; the limit only guards against misuse.
_REMEMBERED = 200_000


class CatalogFile(Struct, frozen=True, kw_only=True):
    """One ``.po`` file as bytes; ``language`` is "" for a template (``.pot``)."""

    language: str
    path: Path
    data: bytes


class Translated(Struct, frozen=True, kw_only=True):
    """A text and the language it really is in. ``fell_back`` is true when that is not the language asked for."""

    text: str
    language: str
    fell_back: bool


def catalog_files(folders: Sequence[Path], languages: Sequence[str], domain: str) -> Iterator[CatalogFile]:
    """Read every catalogue there is: ``<folder>/<language>/LC_MESSAGES/<domain>.po``, and ``<folder>/<domain>.pot``."""
    for folder in folders:
        template = folder / f"{domain}.pot"
        if template.is_file():
            yield CatalogFile(language="", path=template, data=template.read_bytes())
        for language in languages:
            path = folder / language / "LC_MESSAGES" / f"{domain}.po"
            if path.is_file():
                yield CatalogFile(language=language, path=path, data=path.read_bytes())


def _parse(file: CatalogFile) -> Catalog:
    """Parse one file; a file that cannot be read is an error with its place, never half a catalogue."""
    try:
        return read_po(io.BytesIO(file.data), ignore_obsolete=True, abort_invalid=True)
    except PoFileError as error:
        raise BotBroken(f"{file.path}:{(error.lineno or 0) + 1}: the catalogue cannot be read: {error}") from error
    except (ValueError, LookupError, IndexError) as error:  # a wrong charset, a broken header, a cut line
        raise BotBroken(f"{file.path}: the catalogue cannot be read: {error}") from error


def _key(message: Message) -> Key:
    source = message.id[0] if isinstance(message.id, list | tuple) else message.id
    return (message.context or "", source)


def _plural_header(catalog: Catalog) -> str:
    return f"nplurals={catalog.num_plurals}; plural={catalog.plural_expr};"


class _Plural(Struct, frozen=True, kw_only=True):
    """The forms of one message and the rule of the file they came from."""

    forms: tuple[str, ...]
    rule: Callable[[int], int]


class Catalogs:
    """The translations of one domain in all languages; never changes after :meth:`load`."""

    __slots__ = ("_plurals", "_sources", "_texts")

    def __init__(self) -> None:
        self._texts: dict[str, dict[Key, str]] = {}
        self._plurals: dict[str, dict[Key, _Plural]] = {}
        #: Every message to be translated, in the order of the files; plural ones too.
        self._sources: dict[Key, None] = {}

    @classmethod
    def load(cls, folders: Sequence[Path], languages: Sequence[str], domain: str) -> Catalogs:
        """Read the catalogues of ``languages``; where two folders translate the same message the later one wins.

        A missing file means no messages. Fuzzy and empty translations are not used. Raises
        :class:`core.errors.BotBroken` with file and line when a catalogue cannot be read.
        """
        catalogs = cls()
        for folder in folders:
            files = [(file, _parse(file)) for file in catalog_files([folder], languages, domain)]
            # The template is what is there to translate. Without one, everything any language has.
            templates = [catalog for file, catalog in files if not file.language]
            for catalog in templates or [catalog for _, catalog in files]:
                catalogs._sources.update((_key(message), None) for message in catalog if message.id)
            for file, catalog in files:
                if file.language:
                    catalogs._add(file, catalog)
        return catalogs

    def _add(self, file: CatalogFile, catalog: Catalog) -> None:
        texts = self._texts.setdefault(file.language, {})
        plurals = self._plurals.setdefault(file.language, {})
        for message in catalog:
            if not message.id or message.fuzzy:
                continue
            if isinstance(message.string, list | tuple):
                if any(message.string):
                    plurals[_key(message)] = _Plural(forms=tuple(message.string), rule=_rule(file, catalog))
            elif message.string:
                texts[_key(message)] = message.string

    def lookup(self, language: str, context: str, source: str) -> str | None:
        """Return the translation of a text, or None when it is missing, empty or fuzzy."""
        texts = self._texts.get(language)
        return texts.get((context, source)) if texts is not None else None

    def lookup_plural(self, language: str, context: str, singular: str, plural: str, n: int) -> str | None:
        """Return the form for a count of ``n``, or None when it is missing, empty or fuzzy.

        ``plural`` belongs to the message for the reader's sake; gettext finds it by its singular.
        """
        found = self._plurals.get(language, {}).get((context, singular))
        if found is None:
            return None
        form = found.rule(abs(n))
        return (found.forms[form] or None) if form < len(found.forms) else None

    def missing(self, language: str) -> list[Key]:
        """Return (context, source) of every message that has no usable translation into ``language``.

        Ask it for translations only: the source language needs none. What there is to translate is the
        template of a folder (``<domain>.pot``), else every message that any language of the folder has.
        """
        texts, plurals = self._texts.get(language, {}), self._plurals.get(language, {})
        return [key for key in self._sources if key not in texts and not all(_forms(plurals.get(key)))]

    def size(self, language: str) -> int:
        """Return how many messages have a usable translation into ``language``."""
        return len(self._texts.get(language, {})) + len(self._plurals.get(language, {}))


def _forms(plural: _Plural | None) -> tuple[str, ...]:
    return plural.forms if plural is not None else ("",)


def _rule(file: CatalogFile, catalog: Catalog) -> Callable[[int], int]:
    try:
        return plural_rule(_plural_header(catalog))
    except ValueError as error:
        raise BotBroken(f"{file.path}: {error}") from error


class Translator:
    """Texts in a person's language, or in the next language of their chain, at the latest in the source language."""

    __slots__ = ("_catalogs", "_chains", "_fallback", "_offered", "_source", "_source_rule", "_texts")

    def __init__(
        self, catalogs: Catalogs, *, source: str, offered: Sequence[str], fallback: Mapping[str, Sequence[str]]
    ) -> None:
        self._catalogs = catalogs
        self._source = source
        self._offered = tuple(offered)
        self._fallback = {language: tuple(others) for language, others in fallback.items()}
        self._chains: dict[str, tuple[str, ...]] = {}
        self._texts: dict[tuple[str, str, str], Translated] = {}
        header = PLURAL_FORMS.get(source) or PLURAL_FORMS.get(base_language(source), PLURAL_FORMS["en"])
        self._source_rule = plural_rule(header)
        for language in (*self._offered, source):
            self.chain(language)

    @property
    def source(self) -> str:
        """The language the texts are written in."""
        return self._source

    @property
    def offered(self) -> tuple[str, ...]:
        """The languages a person can choose, in the order of the bot."""
        return self._offered

    def chain(self, language: str) -> tuple[str, ...]:
        """Return the languages tried for ``language``: itself, its bare form, its fallbacks, then the source."""
        chain = self._chains.get(language)
        if chain is None:
            base = base_language(language)
            others = self._fallback.get(language, self._fallback.get(base, ()))
            chain = tuple(dict.fromkeys((language, base, *others, self._source)))
            if len(self._chains) < _REMEMBERED:
                self._chains[language] = chain
        return chain

    def text(self, language: str, context: str, source: str) -> Translated:
        """Return ``source`` in ``language`` or along its chain; never "" for a source that is not empty."""
        key = (language, context, source)
        found = self._texts.get(key)
        if found is None:
            found = self._find(language, lambda tried: self._catalogs.lookup(tried, context, source), source)
            if len(self._texts) < _REMEMBERED:
                self._texts[key] = found
        return found

    def plural(self, language: str, context: str, singular: str, plural: str, n: int) -> Translated:
        """Return the form of a message for a count of ``n``, along the chain; the count itself is not put in."""
        source = plural if self._source_rule(abs(n)) else singular
        return self._find(
            language, lambda tried: self._catalogs.lookup_plural(tried, context, singular, plural, n), source
        )

    def _find(self, language: str, lookup: Callable[[str], str | None], source: str) -> Translated:
        text, spoken = source, self._source
        if source:
            for tried in self.chain(language):
                found = lookup(tried)
                if found is not None or tried == self._source:
                    text, spoken = found or source, tried
                    break
        fell_back = bool(source) and base_language(spoken) != base_language(language)
        return Translated(text=text, language=spoken, fell_back=fell_back)
