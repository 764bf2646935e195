"""Every error the bot raises itself.

BotError
├── SettingsError          a setting is missing or malformed
├── Refused                a webhook request that is not from Feishu
├── Unreadable             one that is, and makes no sense
├── LeaseLost              another process has taken the job over
├── SetupFailed            a step of the set-up can't go on
├── ChangeRefused          what an administrator entered can't be used
├── StoreUnavailable       the database can't be opened, or doesn't answer
├── FeishuError            Feishu answered with a code, or not at all
│   ├── FeishuUnavailable  no answer, or a 5xx one: the call may be repeated
│   ├── RateLimited        too many calls: wait `retry_after` seconds
│   ├── TargetGone         the message, chat or person is out of reach for good
│   ├── PermissionMissing  the app lacks a scope
│   ├── ThreadUnsupported  this chat can't reply in a thread
│   ├── CardRefused        Feishu won't take this card
│   ├── CardTooLarge       the card is over 30 KB
│   ├── StreamClosed       the card is not in streaming mode (any more)
│   └── SequenceStale      a later operation on this card was seen already
├── MediaError             a file, picture or recording can't be read
└── ModelError             the model gave no answer, or not all of it

Adapters catch the exceptions of the package they wrap and raise these, chained. No text of an
exception is ever shown to a user: the core turns a `kind` into a notice.
"""

from __future__ import annotations

from typing import Literal

from feishu_bot.core.languages import Words

MediaErrorKind = Literal[
    "media_unsupported",
    "media_broken",
    "media_locked",
    "media_too_large",
    "media_empty",
    # Pages without text, and no model that could look at them.
    "media_scan",
    # Those of fetching it: recalled or of a chat that the bot is no longer in; not to be copied out
    # of its chat; not given out to bots at all; without a scope, which the detail names; no answer.
    "media_gone",
    "media_forbidden",
    "media_not_given",
    "media_scope_missing",
    "media_unavailable",
]

StoreFailure = Literal[
    "away",  # no answer, or an error of the disk
    "unopened",  # the file or its folder can't be opened
    "locked",  # another program holds a lock
    "full",  # no space is left
    "read_only",  # it can be read, and not written
    "damaged",  # what is in the file makes no sense
    "gone",  # the file was deleted or replaced while it was open
    "newer",  # a newer version of the bot has used it
    # Of a server: its name means nothing, nobody listens there, it lets this machine not in.
    "unknown_host",
    "not_listening",
    "closed_to_us",
    # Of what DATABASE_URL names in it.
    "wrong_password",
    "no_role",
    "no_database",
    "no_rights",
    "no_connection_left",  # others use all that it allows
]

# So many names of models fit into a notice.
MOST_OFFERED = 8


class BotError(Exception):
    """The root of the tree. What is known needs no traceback in the log."""

    is_known = True


class SettingsError(BotError):
    """One or more settings are missing or malformed; `faults` has a line for each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class Refused(BotError):
    """A webhook request that can't be trusted. The reason is for the log only."""


class Unreadable(BotError):
    """A request that is Feishu's for certain, and makes no sense: a repeat would make none."""


class LeaseLost(BotError):
    """The lease on a job ran out and another process has it now: stop, and store nothing."""


class SetupFailed(BotError):
    """A step of the set-up can't go on; `words` say what happened and what to do.

    `code` is the other side's, empty for none, and `link` the page where it is put right.
    """

    def __init__(self, step: str, zh: str, en: str, *, code: str = "", link: str = "") -> None:
        self.step = step
        self.words = Words(zh, en)
        self.code = code
        self.link = link
        super().__init__(f"{step}: {en}" + (f" (code {code})" if code else ""))


class ChangeRefused(BotError):
    """What an administrator entered can't be used; `words` say why."""

    def __init__(self, zh: str, en: str) -> None:
        self.words = Words(zh, en)
        super().__init__(en)


class StoreUnavailable(BotError):
    """The database can't be opened, brought up to date, reached or written just now.

    The text is for the administrator, and `kind` says what to do about it.
    """

    def __init__(self, message: str, *, kind: StoreFailure = "away") -> None:
        self.kind = kind
        super().__init__(message)


class FeishuError(BotError):
    """Feishu refused a call. `code` 0 means that there was no usable answer."""

    def __init__(self, message: str, *, code: int = 0, log_id: str = "") -> None:
        self.code = code
        self.log_id = log_id
        super().__init__(f"{message} (code {code}, log id {log_id or '-'})")


class FeishuUnavailable(FeishuError):
    """No connection, no answer, or an answer of 500 and above."""


class RateLimited(FeishuError):
    """A frequency limit was hit; wait `retry_after` seconds before the next call."""

    def __init__(
        self, message: str, *, code: int = 0, log_id: str = "", retry_after: float = 1.0
    ) -> None:
        self.retry_after = retry_after
        super().__init__(message, code=code, log_id=log_id)


class TargetGone(FeishuError):
    """The message was recalled, the chat dissolved, the bot removed, the person out of reach."""


class PermissionMissing(FeishuError):
    """The app lacks a scope; Feishu's own text names it and is kept for the log."""


class ThreadUnsupported(FeishuError):
    """The chat can't reply in a thread (230071, 230072): reply plainly."""


class CardRefused(FeishuError):
    """Feishu can't build this card: say it as text."""


class CardTooLarge(FeishuError):
    """The card is over 30 KB: continue in another one."""


class StreamClosed(FeishuError):
    """The card's streaming mode is off or timed out: switch it on again."""


class SequenceStale(FeishuError):
    """The sequence number was not above the last one: use a larger one."""


class MediaError(BotError):
    """A file, picture or recording can't be read. `kind` names the notice that people read."""

    def __init__(self, kind: MediaErrorKind, detail: str = "") -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(f"{kind}: {detail}" if detail else kind)


class ModelError(BotError):
    """The model gave no answer, or broke off.

    `kind` names the notice that people read, in `feishu_bot/content/locales`; `request_id` is the
    gateway's, for the administrator. `retry_after` are the seconds that it asked to wait, 0 for
    none. `model` is the one that was asked, empty where none was; `offered` are those that could
    be asked in place of it, if that is known. `proxy` is the variable with the proxy in between.
    """

    model: str = ""
    offered: tuple[str, ...] = ()
    proxy: str = ""

    def __init__(
        self, kind: str, detail: str = "", *, request_id: str = "", retry_after: float = 0.0
    ) -> None:
        self.kind = kind
        self.detail = detail
        self.request_id = request_id
        self.retry_after = retry_after
        super().__init__(f"{kind}: {detail}" if detail else kind)

    def params(self) -> dict[str, str]:
        """What fills the text of its notice."""
        offered = ", ".join(self.offered[:MOST_OFFERED])
        known = {
            "model": self.model,
            "offered": offered,
            "proxy": self.proxy,
            "request_id": self.request_id,
        }
        return {name: value for name, value in known.items() if value}
