"""Words of the audit log: what somebody did, and how it ended. A part of :data:`handoff.ui_texts.TEXTS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["AUDIT"]

AUDIT: Mapping[str, str] = MappingProxyType(
    {
        "did.read": "opened",
        "did.claim": "claimed",
        "did.release": "gave back to the queue",
        "did.park": "parked",
        "did.wake": "took up again",
        "did.transfer": "offered to a colleague",
        "did.accept": "accepted",
        "did.decline": "declined",
        "did.withdraw": "withdrew the offer",
        "did.return": "gave back to the bot",
        "did.close": "closed",
        "did.reopen": "opened again",
        "did.reply": "replied",
        "did.takeback": "took a reply back",
        "did.note": "wrote a note",
        "did.deadline": "set a deadline",
        "did.topic": "set the topic",
        "did.erase": "erased the person's data",
        "did.export": "sent the person their data",
        "did.sign-in": "signed in",
        "did.code": "second step",
        "did.code-setup": "set up the second step",
        "did.code-recovery": "used a recovery code",
        "did.recovery": "made new recovery codes",
        "did.password": "changed the own password",
        "did.password-asked": "asked for the password once more",
        "did.languages": "changed the own languages",
        "did.session-end": "signed a window out",
        "did.sessions-end": "signed all other windows out",
        "did.account-add": "added an account",
        "did.account-edit": "changed an account",
        "did.account-change": "wanted to change an account",
        "did.roles": "changed roles",
        "did.lock": "locked an account",
        "did.unlock": "let an account in again",
        "did.password-reset": "gave an account a new password",
        "did.second-reset": "reset a second step",
        "did.second-on": "demanded a second step",
        "did.second-off": "let an account do without a second step",
        "did.audit": "read the audit log",
        "did.numbers-csv": "took the numbers away as a table",
        "did.question-example": "took a question among the examples",
        "did.page-team": "wanted to see the team",
        "did.page-numbers": "wanted to see the numbers",
        "did.page-questions": "wanted to see the unanswered questions",
        "did.page-erasures": "wanted to see the erasures",
        "did.page-audit": "wanted to see the audit log",
        "ended.ok": "done",
        "ended.asked": "asked for",
        "ended.denied": "denied",
        "ended.wrong": "wrong",
        "ended.locked": "had to wait",
    }
)
