"""A small Feishu open platform and a small OpenAI-compatible gateway on loopback.

Built from the documented wire formats alone: it knows nothing of the bot it is used to try out.
"""

from feishu_bot.simulator import failures
from feishu_bot.simulator.card_checks import CardRules
from feishu_bot.simulator.clicks import ActionResult
from feishu_bot.simulator.credentials import Credentials
from feishu_bot.simulator.messages import Message
from feishu_bot.simulator.people import Chat, Person
from feishu_bot.simulator.refusals import Refusal
from feishu_bot.simulator.script import Piece, Script
from feishu_bot.simulator.simulator import Simulator

__all__ = [
    "ActionResult",
    "CardRules",
    "Chat",
    "Credentials",
    "Message",
    "Person",
    "Piece",
    "Refusal",
    "Script",
    "Simulator",
    "failures",
]
