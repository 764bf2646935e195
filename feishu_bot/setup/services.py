"""Model services to choose from."""

from __future__ import annotations

from typing import Final

from feishu_bot.setup.dialogue import Choice
from feishu_bot.setup.wording import Text

OTHER: Final = "other"
# The most used ones of docs/gateways.md.
PRESETS: Final = (
    Choice("https://oapi.czl.net", Text("CZL（默认）", "CZL (the default)")),
    Choice("https://api.deepseek.com", Text("DeepSeek", "DeepSeek")),
    Choice(
        "https://dashscope.aliyuncs.com/compatible-mode/v1",
        Text("阿里云百炼（通义千问）", "Alibaba Cloud Model Studio (Qwen)"),
    ),
    Choice("https://ark.cn-beijing.volces.com/api/v3", Text("火山方舟（豆包）", "Volcengine Ark")),
    Choice("https://open.bigmodel.cn/api/paas/v4", Text("智谱", "Zhipu")),
    Choice("https://api.moonshot.cn", Text("Kimi（月之暗面）", "Kimi (Moonshot)")),
    Choice("https://api.siliconflow.cn", Text("硅基流动", "SiliconFlow")),
    Choice("https://api.openai.com", Text("OpenAI", "OpenAI")),
    Choice("https://openrouter.ai/api/v1", Text("OpenRouter", "OpenRouter")),
    Choice(OTHER, Text("其他：自己填写地址", "Another one: type its address")),
)
MOST_MODELS: Final = 30
