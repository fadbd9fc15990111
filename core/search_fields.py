"""The settings of the FAQ search."""

from __future__ import annotations

from dataclasses import dataclass, field

from core import setting_types as kinds
from core.declaring import setting
from core.twilio_fields import TwilioFields

__all__ = ["SearchFields"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFields(TwilioFields):
    """What an operator can choose about the search."""

    encoder: str = field(
        default="auto",
        metadata=setting(
            "STREETWORK_ENCODER",
            kinds.encoder,
            "Text encoder of the FAQ search: `auto` takes the one of the extra `embed` where it is installed, `none` "
            "searches by letters alone; or the name of a package's encoder.",
            shown="auto",
        ),
    )
