"""What each role may do, in one table. An account can have several roles; it may do what any of them may.

The technical admin keeps the accounts and never sees a conversation. Whoever is given that role *and* one that reads
conversations gets both only by a deliberate choice (:func:`mixes`), which the list of the team shows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, get_args

__all__ = ["CONTENT", "GRANTS", "ROLES", "Permission", "Role", "granted", "mixes"]

Role = Literal["counsellor", "lead", "editor", "analyst", "admin", "privacy"]
#: In the order of the forms.
ROLES: tuple[Role, ...] = get_args(Role)

#: ``cases``: the desk with its lists, and cases as :mod:`handoff.access` says. ``all_cases``: read and note what
#: colleagues own. ``any_language``: claim in languages that one does not counsel in. ``team``: accounts of others.
#: ``numbers``: sums over cases. ``audit``: who did what with which case number. ``questions``: what the bot could not
#: answer, without anything else of who asked. ``erasures``: how much was erased each night.
Permission = Literal["cases", "all_cases", "any_language", "team", "numbers", "audit", "questions", "erasures"]

GRANTS: Mapping[Role, frozenset[Permission]] = {
    "counsellor": frozenset({"cases"}),
    "lead": frozenset({"cases", "all_cases", "any_language", "team", "numbers", "audit", "questions", "erasures"}),
    "editor": frozenset({"questions"}),
    "analyst": frozenset({"numbers"}),
    "admin": frozenset({"team", "erasures"}),
    "privacy": frozenset({"audit", "erasures"}),
}

#: Roles that read conversations.
CONTENT: frozenset[Role] = frozenset(role for role in ROLES if "cases" in GRANTS[role])


def granted(roles: Collection[Role], permission: Permission) -> bool:
    """Return whether any of the roles has the permission."""
    return any(permission in GRANTS[role] for role in roles)


def mixes(roles: Collection[Role]) -> bool:
    """Return whether these roles join technical administration with conversations."""
    return "admin" in roles and not CONTENT.isdisjoint(roles)
