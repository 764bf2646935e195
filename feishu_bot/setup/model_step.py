"""The model service: its address and key, tried before they are kept, and the model."""

from __future__ import annotations

import dataclasses

from feishu_bot.core.languages import Words
from feishu_bot.errors import SetupFailed
from feishu_bot.settings import Settings, addresses, credentials
from feishu_bot.setup.app_step import checked
from feishu_bot.setup.checks import Tried, try_service
from feishu_bot.setup.dialogue import Choice, Dialogue, NobodyToAsk, Question
from feishu_bot.setup.progress import Options, Progress
from feishu_bot.setup.services import MOST_MODELS, OTHER, PRESETS

DEFAULT_ADDRESS = PRESETS[0].value
SERVICE = Question(
    "service",
    Words("用哪个模型服务？", "Which model service?"),
    "choice",
    choices=PRESETS,
    default=DEFAULT_ADDRESS,
    option="--api-url",
)
ADDRESS = Question(
    "API_URL",
    Words("模型服务的地址（OpenAI 兼容）", "The service's address (OpenAI-compatible)"),
    help=Words("如 https://api.example.com/v1", "such as https://api.example.com/v1"),
    option="--api-url",
)
KEY = Question(
    "OPENAI_KEY",
    Words("模型服务的密钥（输入时不显示）", "The service's key (not shown while you type)"),
    "secret",
    help=Words("多个用逗号分隔", "several are separated by commas"),
    option="OPENAI_KEY / --key-stdin",
)
MODEL = Question(
    "OPENAI_MODEL",
    Words("模型的名称", "The model's name"),
    help=Words(
        "这个服务没有列出模型，名称见它的文档；直接回车则返回上一步",
        "the service lists none: its documentation has the names; an empty answer goes back",
    ),
    option="--model",
)


class ModelStep:
    """Asks until a short question is answered."""

    def __init__(self, progress: Progress, dialogue: Dialogue, options: Options) -> None:
        self._progress = progress
        self._dialogue = dialogue
        self._options = options

    def run(self) -> None:
        """After it OPENAI_KEY works. Raises SetupFailed where nobody can be asked."""
        progress, dialogue, options = self._progress, self._dialogue, self._options
        dialogue.step("model", Words("模型服务", "The model service"))
        url = options.api_url or progress.get("API_URL")
        key = options.openai_key or progress.get("OPENAI_KEY")
        is_new = bool(options.openai_key) or not key or options.redo
        asks_again = options.redo and not options.openai_key
        while True:
            if not url or (asks_again and not options.api_url):
                url = self._ask_address(url)
            if not key or asks_again:
                key = checked(dialogue, KEY, credentials.keys)
            dialogue.tell("info", Words("正在试问一个问题…", "Asking one short question…"))
            settings = self._with(url, key, options.model or progress.get("OPENAI_MODEL"))
            tried = self._try(settings)
            self._tell(tried)
            if tried.fault is None:
                break
            if options.openai_key:
                # Nobody could change it here.
                raise SetupFailed("model", tried.fault.zh, tried.fault.en)
            asks_again = is_new = True
        model = self._choose(tried, settings) if is_new else settings.openai_model
        progress.save(API_URL=url, OPENAI_KEY=key, **({"OPENAI_MODEL": model} if model else {}))

    def _ask_address(self, current: str) -> str:
        question = dataclasses.replace(SERVICE, default=current or DEFAULT_ADDRESS)
        known = [choice.value for choice in PRESETS]
        if current and current not in known:
            more = Choice(current, Words(current, current))
            question = dataclasses.replace(question, choices=(more, *PRESETS))
        answer = self._dialogue.ask(question)
        return checked(self._dialogue, ADDRESS, addresses.api) if answer == OTHER else answer

    def _try(self, settings: Settings) -> Tried:
        tried = try_service(settings)
        if tried.fault is None or settings.openai_model or not tried.needs_name:
            return tried
        # A refused key is no reason to ask; a service that lists nothing is.
        try:
            name = self._dialogue.ask(dataclasses.replace(MODEL, default="-"))
        except NobodyToAsk:
            return tried
        if name == "-":
            return tried
        self._progress.save(OPENAI_MODEL=name)
        return try_service(dataclasses.replace(settings, openai_model=name))

    def _choose(self, tried: Tried, settings: Settings) -> str:
        """The model that answers unless people choose another; "" leaves it to the bot."""
        if settings.openai_model or len(tried.models) < 2:
            return settings.openai_model
        models = list(dict.fromkeys([tried.default, *tried.models]))[:MOST_MODELS]
        question = Question(
            "OPENAI_MODEL",
            Words("默认用哪个模型？", "Which model answers by default?"),
            "choice",
            choices=tuple(Choice(name, Words(name, name)) for name in models),
            default=tried.default or models[0],
            option="--model",
        )
        chosen = self._dialogue.ask(question)
        if chosen != tried.default:
            other = dataclasses.replace(settings, openai_model=chosen)
            again = try_service(other)
            self._tell(again)
            if again.fault:
                return tried.default
        return chosen

    def _with(self, url: str, key: str, model: str) -> Settings:
        """The settings with another service. Raises SettingsError."""
        merged = {**self._progress.merged(), "API_URL": url, "OPENAI_KEY": key}
        return Settings.from_env({**merged, "OPENAI_MODEL": model})

    def _tell(self, tried: Tried) -> None:
        for state, text in tried.findings:
            self._dialogue.tell(state, text)
