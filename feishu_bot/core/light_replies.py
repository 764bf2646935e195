"""A friendly word for a sticker or a lone emoji, which ask nothing."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from feishu_bot.core.access import RefusalThrottle, is_addressed
from feishu_bot.core.cards import Card, Paragraph, Text
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.jobs import Job
from feishu_bot.core.tasks import AskQuestion

# Texts to choose from, so that the bot doesn't always say the same.
REPLIES = ("light_reply_1", "light_reply_2", "light_reply_3")
# A longer row of emoji may be a riddle.
MOST_CHARS = 24
_PICTOGRAPH = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u25aa-\u25fe\u2600-\u27bf"
    "\u2934-\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
# Joiners, variation selectors, skin tones and the letters of flags stand among them.
_EMOJI = re.compile(rf"(?:[{_PICTOGRAPH}][\u200d\ufe0e\ufe0f\u20e3\U000e0020-\U000e007f]*\s*)+")
# Feishu's own emoji come as names: `[赞]` in a text, `:THUMBSUP:` in rich text.
_NAMED = re.compile(
    r"(?:(?:\[(?:OK|赞|谢谢|加油|比心|鼓掌|碰拳|加一|完成|完成了|微笑|可爱|愉快|大笑|奸笑|呲牙|偷笑|捂脸|抱拳|"
    r"玫瑰|爱心|握手|强|弱|胜利|鲜花|撒花|庆祝|蛋糕|拥抱|飞吻|害羞|得意|酷|惊讶|震惊|流泪|大哭|发呆|思考|"
    r"疑问|汗|擦汗|再见|晚安|困|睡|吃瓜|笑哭|笑哭了|送心|点赞|看|敬礼|机智|我看行|无辜笑|鬼脸|嘿哈|耶|"
    r"Smile|Thumbsup|Thanks|Applaud|Heart|Laugh|Grin|LOL|Yes|Fist ?bump|Rose|Hug|Party)\]"
    r"|:[A-Z][A-Za-z_]{1,30}:)\s*)+"
)
# What an answer ends with that asks back.
_ASKS = re.compile(r"[?？][\s*_`)）」”\"]*\Z")


@dataclass(frozen=True, kw_only=True)
class LightReplies:
    """Replies without a model, to people who mean the bot, and not to a row of stickers each."""

    conversations: Conversations
    throttle: RefusalThrottle

    def takes(self, job: Job, task: AskQuestion) -> bool:
        """Whether a message gets no more than a friendly word.

        An emoji in reply to what the bot has asked is an answer, and the model understands it.
        """
        message = task.message
        if message is None or message.attachments:
            return False
        if message.kind in ("sticker", "hongbao"):
            return not task.text
        return is_emoji(task.text) and not self._has_asked(job)

    def reply(self, job: Job, task: AskQuestion) -> Card | None:
        """The word; None where nobody waits for one."""
        message = task.message
        if message is None or not is_addressed(message, self.conversations):
            return None
        if not self.throttle.is_due(message.sender.open_id, job.dedupe_id):
            return None
        kind = REPLIES[zlib.crc32(job.dedupe_id.encode()) % len(REPLIES)]
        if message.kind == "hongbao":
            kind = "light_hongbao"
        return Card(title=Text("light_title"), icon="😊", blocks=(Paragraph(Text(kind)),))

    def _has_asked(self, job: Job) -> bool:
        turns = self.conversations.load(job.key, job.branch_point).turns
        return bool(turns and _ASKS.search(turns[-1].answer))


def is_emoji(text: str) -> bool:
    """Whether a text is nothing but a few emoji."""
    text = text.strip()
    if not 0 < len(text) <= MOST_CHARS:
        return False
    return bool(_EMOJI.fullmatch(text) or _NAMED.fullmatch(text))
