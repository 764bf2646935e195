"""The words of the simulated model, in Chinese and English under the same keys."""

from __future__ import annotations

ZH: dict[str, str] = {
    "greeting": "你好！我是模拟的模型，没有连接真正的 AI，所以不会真的思考；"
    "但你的消息确实一路走到了我这里。",
    "here": "我是模拟的模型，没有连接真正的 AI，这里只能告诉你我收到了什么。",
    "said": "你刚才说的是：",
    "received": "我收到的还有：",
    "model": "模型：`{model}`",
    "first": "这是我们这次对话的**第一句话**",
    "turns": "之前我们已经聊了 **{turns}** 轮",
    "role": "角色设定：{chars} 个字符",
    "end": "试试回复“再短一点”“换成英文”，或者要一个表格、公式、一段代码：看看对话怎样接下去。\n\n"
    "等你填好真正的密钥，坐在这里回答你的就是真正的模型了。",
    "table": """这是一个表格：

| 水果 | 颜色 | 每百克热量 |
|---|:-:|--:|
| 苹果 | 红 | 52 千卡 |
| 香蕉 | 黄 | 89 千卡 |
| 蓝莓 | 蓝 | 57 千卡 |""",
    "formula": "一元二次方程 $ax^2 + bx + c = 0$ 的解：\n\n"
    "$$x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}$$",
    "code": """```python
print("你好，飞书！")
```""",
    "drawn": "画好了，请看：",
    "long": "\n\n".join(
        f"第 {number} 段：这里没有什么内容，只是为了让回答长一些，"
        "好看看文字怎样一点一点地写进卡片，写长了又会怎样。"
        for number in range(1, 13)
    ),
    "then_shorter": "短一点：{first}\n\n（上一条回答说的是“{question}”，有 {chars} 个字符，"
    "我只留了开头的 {words} 个。真正的模型会重新写过。）",
    "then_longer": "长一点：{first}\n\n上一条回答说的是“{question}”，有 {chars} 个字符。"
    "我是模拟的模型，写不出更多内容；真正的模型会在它的基础上展开。",
    "then_on": "接着“{question}”往下说。上一条回答有 {chars} 个字符，开头是“{first}”。"
    "我是模拟的模型，就说到这里；坐在这里的要是真正的模型，就会写下去。",
    "then_chinese": "换成中文：你问的是“{question}”，上一条回答有 {chars} 个字符，"
    "开头是“{first}”。\n\n我是模拟的模型，不会翻译；真正的模型会把它整个译成中文。",
    "suggested": "能说得简短一些吗？\n能举个例子吗？\n能列成表格吗？",
}

EN: dict[str, str] = {
    "greeting": "Hello! I am the simulated model. There is no real AI behind me, so I don't "
    "think; but your message came all the way to me.",
    "here": "I am the simulated model. There is no real AI behind me, so I can only tell you "
    "what I received.",
    "said": "You just said:",
    "received": "What came with it:",
    "model": "model: `{model}`",
    "first": "this is the **first message** of our conversation",
    "turns": "turns before this one: **{turns}**",
    "role": "role: {chars} characters",
    "end": "Try replying “shorter” or “in Chinese”, or ask for a table, a formula or some code, "
    "and see how the conversation goes on.\n\n"
    "Once the real keys are filled in, a real model answers you here.",
    "table": """Here is a table:

| Fruit | Colour | Energy per 100 g |
|---|:-:|--:|
| Apple | red | 52 kcal |
| Banana | yellow | 89 kcal |
| Blueberry | blue | 57 kcal |""",
    "formula": "The solutions of $ax^2 + bx + c = 0$:\n\n"
    "$$x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}$$",
    "code": """```python
print("Hello, Feishu!")
```""",
    "drawn": "Here is what I drew:",
    "long": "\n\n".join(
        f"Paragraph {number}: there is nothing in it, it only makes the answer longer, so that "
        "you can watch how words are written into the card, and what becomes of many."
        for number in range(1, 13)
    ),
    "then_shorter": "Shorter: {first}\n\n(My last answer was about “{question}” and had {chars} "
    "characters; I kept the first {words}. A real model would write it anew.)",
    "then_longer": "Longer: {first}\n\nMy last answer was about “{question}” and had {chars} "
    "characters. I am simulated and have no more to say; a real model would enlarge on it.",
    "then_on": "Going on with “{question}”. My last answer had {chars} characters and began "
    "“{first}”. I am simulated and stop here; a real model would go on writing.",
    "then_english": "In English: you asked “{question}”, and my last answer had {chars} "
    "characters, beginning with “{first}”.\n\nI am simulated and can't translate; a real model "
    "would put all of it into English.",
    "suggested": "Can you make it shorter?\nCan you give an example?\nCan you put it in a table?",
}
ZH["then_english"] = EN["then_english"]
EN["then_chinese"] = ZH["then_chinese"]
