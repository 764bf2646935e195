"""The mistakes that people make when they set a bot up, by number, and what is said of one.

A mistake is told well when its cause and its remedy are named, in Chinese and in English, and no
other cause with them.
"""

from __future__ import annotations

from dataclasses import dataclass

TITLES = {
    # Settings and machine
    "1": "nothing is set",
    "2": "OPENAI_KEY is missing",
    "3": "the names of required settings are those of other programs",
    "4": "APP_ID and APP_SECRET are swapped",
    "5": "a key with a blank, a full-width letter, an invisible character, or Bearer",
    "6": "the examples' values are left",
    "7": ".env in GBK or UTF-16",
    "8": ".env with a byte order mark, CRLF, blanks around =, a comment",
    "9": ".env written KEY: value",
    "10": "API_URL without https://",
    "11": "API_URL with /v1, /chat/completions, a query",
    "12": "FEISHU_DOMAIN with a path, or 飞书",
    "13": "FEISHU_DOMAIN is feishu.cn",
    "14": "numbers and times in words",
    "15": "ADMINS and ALLOWED_CHATS hold names",
    "16": "ADMINS holds a phone number, or the id of another app",
    "17": "Encrypt Key and Verification Token have one value",
    "18": "DATABASE_URL is a path, or MySQL",
    "19": "ROLES_FILE and PRICES_FILE aren't there",
    "20": "the roles' file is broken",
    "21": "optional settings are misspelt",
    "22": "OPENAI_BASE_URL in place of API_URL",
    "23": "a SOCKS proxy",
    "24": "HTTPS_PROXY stands in .env only",
    "25": "the port is taken",
    "26": "the database's folder can't be written to",
    "27": "the database's file is damaged",
    "28": "PostgreSQL: down, unknown host, password, user, database, rights",
    "29": "the disk is full",
    "30": "LANGUAGE=中文",
    # Feishu
    "31": "APP_SECRET is wrong",
    "32": "APP_ID is wrong, or of the other brand",
    "33": "the App Secret is reset while the bot runs",
    "34": "Feishu can't be reached while the bot runs",
    "35": "no network at the start",
    "36": "HTTPS_PROXY is dead",
    "37": "the certificate of a private platform isn't trusted",
    "38": "Encrypt Key and Verification Token are swapped",
    "39": "the Encrypt Key is wrong",
    "40": "the Verification Token is wrong",
    "41": "the Encrypt Key is empty in the console",
    "42": "the callback address has another path",
    "43": "a proxy rewrites the body or drops headers",
    "44": "a proxy redirects",
    "45": "the address stands in another app",
    "46": "the clock is days wrong",
    "47": "the event isn't subscribed, or no version released",
    "48": "scopes to receive messages are missing",
    "49": "the scope to send messages is missing",
    "50": "cardkit:card:write is missing",
    "51": "im:resource is missing",
    "52": "GROUP_REPLY=all without im:message.group_msg",
    "53": "im:message.group_msg is missing, and a group quotes",
    "54": "the contact scopes are missing",
    "55": "the bot ability is off",
    "56": "the month's calls are used up",
    "57": "the server isn't on the app's IP white list",
    "58": "a person is outside of the app's availability",
    "59": "the callback's address or card.action.trigger is missing",
    "60": "callbacks and events go to each other's address",
    "61": "BOT_NAME is wrong",
    # Model service
    "62": "key invalid, expired, used up, off; IP; group",
    "63": "the account has no balance",
    "64": "OPENAI_MODEL is misspelt or not offered",
    "65": "no OPENAI_MODEL, and no known model is offered",
    "66": "API_URL leads to a web page or a wrong path",
    "67": "host wrong, port closed, certificate not trusted, HTTP_PROXY dead",
    "67b": "https:// at a service that speaks plain http",
    "67c": "HTTPS_PROXY is dead, and HTTP_PROXY isn't set",
    "68": "DeepSeek: 402 Insufficient Balance",
    "69": "Moonshot: exceeded_current_quota_error",
    "70": "Zhipu: 1113",
    "71": "DashScope: Arrearage",
    "72": "OpenAI, SiliconFlow, Ark: no balance; OpenAI: region",
    "73": "the key is revoked later, seven services",
    "74": "Zhipu, Moonshot: unknown model",
    "75": "seven services: unknown model",
    "76": "the key is invalid from the start",
}

# What can't be planted in a test, and why.
NOT_PLANTED: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Told:
    """Words that must be in what is said: of the cause, and of the remedy."""

    zh: tuple[str, ...]
    en: tuple[str, ...]

    def expect_in(self, zh: str, en: str | None = None) -> None:
        """Both languages hold their words; one text may hold both."""
        for text, words in ((zh, self.zh), (en if en is not None else zh, self.en)):
            missing = [word for word in words if word not in text]
            assert not missing, f"{missing} not in: {text}"


def says(zh: str, en: str, *more: str) -> Told:
    """The words of each language, with `|` between them, and `more` that both share."""
    return Told((*zh.split("|"), *more), (*en.split("|"), *more))


def row_of(test_id: str) -> str:
    """The number that the id of a planting begins with, as in `28-password`."""
    return test_id.partition("-")[0]
