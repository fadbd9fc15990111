"""Languages: catalogues and their fallback, negotiation, formats, direction, detection, and matching of typed words.

Pure apart from :mod:`i18n.catalog`, which reads the ``.po`` files it is pointed at.
"""
