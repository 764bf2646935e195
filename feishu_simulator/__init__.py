"""A simulated Feishu open platform and a simulated OpenAI-compatible gateway on loopback.

Built from the documented wire formats alone, so that it suits any bot.
"""

from feishu_simulator import failures, field_failures
from feishu_simulator.card_checks import CardRules
from feishu_simulator.clicks import ActionResult
from feishu_simulator.credentials import Credentials
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat, Person
from feishu_simulator.refusals import Refusal
from feishu_simulator.script import Piece, Script
from feishu_simulator.simulator import Simulator

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
    "field_failures",
]
