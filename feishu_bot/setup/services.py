"""Model services to choose from."""

from __future__ import annotations

from typing import Final

from feishu_bot.core.languages import Words
from feishu_bot.setup.dialogue import Choice

OTHER: Final = "other"
# The most used ones of docs/gateways.md.
PRESETS: Final = (
    Choice("https://oapi.czl.net", Words("CZL（默认）", "CZL (the default)")),
    Choice("https://api.deepseek.com", Words("DeepSeek", "DeepSeek")),
    Choice(
        "https://dashscope.aliyuncs.com/compatible-mode/v1",
        Words("阿里云百炼（通义千问）", "Alibaba Cloud Model Studio (Qwen)"),
    ),
    Choice("https://ark.cn-beijing.volces.com/api/v3", Words("火山方舟（豆包）", "Volcengine Ark")),
    Choice("https://open.bigmodel.cn/api/paas/v4", Words("智谱", "Zhipu")),
    Choice("https://api.moonshot.cn", Words("Kimi（月之暗面）", "Kimi (Moonshot)")),
    Choice("https://api.siliconflow.cn", Words("硅基流动", "SiliconFlow")),
    Choice("https://api.openai.com", Words("OpenAI", "OpenAI")),
    Choice("https://openrouter.ai/api/v1", Words("OpenRouter", "OpenRouter")),
    Choice(OTHER, Words("其他：自己填写地址", "Another one: type its address")),
)
MOST_MODELS: Final = 30
