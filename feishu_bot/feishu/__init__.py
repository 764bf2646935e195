"""Everything that knows Feishu: its events, its cards, its API and its limits."""

from feishu_bot.feishu.api import slim_sdk

# Before any module of this package imports the SDK.
slim_sdk.install()
