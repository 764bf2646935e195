"""What people call the bot's commands elsewhere: other bots, terminals, chat pages."""

from __future__ import annotations

from collections.abc import Mapping

# By the command's name. They are suggested, not run: what they mean elsewhere may be another thing.
SYNONYMS: Mapping[str, str] = {
    "help": "start menu commands command info about man 菜单 命令 功能 说明 使用说明 指令",
    "new": "reset restart newchat new_chat newtopic renew fresh begin 重置 重启 重新开始 新对话"
    " 新会话 新聊天 新建对话 开始",
    "clear": "cls clean delete erase wipe 清空 清屏 清空上下文 清除上下文 删除对话",
    "stop": "cancel quit exit abort end pause halt 停 取消 退出 结束 暂停 中止",
    "retry": "again redo regenerate regen repeat resend 重答 重来 再来一次 重新生成 重新回答",
    "edit": "modify change fix 编辑 修改问题 更正",
    "model": "models llm engine gpt 换模型 切换模型 模型列表",
    "mode": "temperature temp creativity 温度 模式",
    "roles": "role persona personas character characters prompts presets agents 角色 人设 助手",
    "system": "prompt instruction instructions sys 提示词 设定 角色设定 系统提示词",
    "picture": "draw paint image imagine img pic photo 画图 画画 绘图 绘画 画 生图 文生图 作图",
    "settings": "setting config configure configuration options preferences prefs 配置 选项 偏好",
    "lang": "locale english chinese 中文 英文 切换语言",
    "reload": "back undo rollback 回档 回退 撤销",
    "history": "conversations chats sessions search 历史记录 聊天记录 历史对话 会话列表 会话 搜索",
    "usage": "stats statistics quota quotas limit limits tokens cost whoami id me 额度 统计 消耗",
    "balance": "credit credits money billing account 账户 欠费",
    "doctor": "check diagnose diagnostics checkup health debug 自检 检查 健康检查 排查",
    "export": "download save dump 下载 保存 导出对话 导出记录",
    "feedback": "report bug suggest complain 意见 建议 投诉",
    "forget": "deleteme forgetme unsubscribe privacy 删除我 删除数据 隐私",
}
