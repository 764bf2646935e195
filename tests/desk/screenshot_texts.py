"""What is said in the pictures of the documents."""

from __future__ import annotations

SCRIPT = """\
```python
import csv
import sys
from collections import Counter

hours = Counter()
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        hours[row["project"]] += float(row["hours"])

for project, total in hours.most_common():
    print(f"{project:<20} {total:>8.1f}")

if not hours:
    sys.exit("no rows")

busiest, most = hours.most_common(1)[0]
print(f"busiest: {busiest}, {most / sum(hours.values()):.0%}")

with open("hours.csv", "w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file)
    writer.writerow(["project", "hours"])
    writer.writerows(hours.most_common())
```"""

TEXTS: dict[str, dict[str, str]] = {
    "zh": {
        "write": "输入消息",
        "topic": "发起一个新话题",
        "in thread": "在话题中回复",
        "reply": "回复",
        "faults": "故障",
        "inspect": "打开检查器",
        "inspector": "检查器",
        "person": "林晓",
        "other": "陈宇",
        "question": "给我一个周报模板，要一屏看完",
        "answer": """三段就够，**先写结果，再写动作**：

| 板块 | 写什么 | 例子 |
|---|---|---|
| 本周完成 | 结果和数字 | 首页改版上线，跳出率降 12% |
| 风险与求助 | 找谁、何时要 | 周三前需要法务确认条款 |
| 下周计划 | 最多三件 | 新版开放给 10% 的用户 |

标题可以让脚本来写：

```python
from datetime import date

title = f"{date.today():%G 年第 %V 周}周报"
```""",
        "next": "销售团队的「本周完成」写哪些数字？",
        "figures": "三个就够：**新增线索**、**签约金额**、**卡在哪一步**。",
        "team": "项目组",
        "continue": "说到一半",
        "other model": "换模型",
        "role": "你是一位耐心的英语老师，每次只纠正一个错误。",
        "lang": "中文",
        "draw": "红蓝两色的条纹",
        "redraw": "加一条绿色的",
        "script": "写个脚本，按项目汇总工时",
        "long code": f"读入表格，把合计写在旁边：\n\n{SCRIPT}",
        "too long": "太长了",
        "limit": "次数用完",
        "file": "表情",
        "blocked": "已停用的人",
        "plan": "帮我排一下三周的计划",
        "table": """没问题，按三周来排：

| 阶段 | 时间 | 成果 |
|---|---|---|
| 试用 | 第 1 周 | 问题清单 |
| 整理 | 第 2 周 | 知识库 |
| 推广 | 第 3 周 | 全员可用 |

> 先让大家用起来，再谈覆盖率。

第一周要做的事：

- 约好试用小组，说明**哪些资料可以问**
- 每天收集一次问题，标出没答好的
- 周五开 15 分钟的会，决定下一步""",
        "small talk": "上周的用户反馈已经整理好了，在共享文档里",
        "in group": "反馈里大家最关心什么？",
        "feedback": "最关心三件事：\n\n1. **搜索慢**，提到 31 次\n2. 手机上看不了表格\n"
        "3. 希望有深色模式",
        "again": "第一条怎么改？",
        "remedy": "先给标题和标签建索引，再把结果分页，通常就够了。",
        "in topic": "新同事第一天要装哪些软件？",
        "first day": "装这三样就能开工：**飞书**、**浏览器**、`git`。其余的入职手册里都有。",
        "other topic": "报销单在哪里提交？",
    },
    "en": {
        "write": "Write a message",
        "topic": "Start a new topic",
        "in thread": "Reply in thread",
        "reply": "Reply",
        "faults": "Faults",
        "inspect": "Open the inspector",
        "inspector": "Inspector",
        "person": "Alice",
        "other": "陈宇",
        "question": "A template for weekly reports that fits on one screen, please",
        "answer": """Three parts are enough. **Results first, then what was done**:

| Part | What goes in | Example |
|---|---|---|
| Done | Results, with figures | New home page is live, bounce rate down 12% |
| Risks | Whom you need, and when | Legal confirms the terms by Wednesday |
| Next | Three things at most | Open the new version to 10% of users |

A script can write the title:

```python
from datetime import date

title = f"Weekly report {date.today():%G, week %V}"
```""",
        "next": "Which figures belong under Done for a sales team?",
        "figures": "Three will do: **new leads**, **contracts signed**, **where deals get stuck**.",
        "team": "Project team",
        "plan": "Plan the next three weeks for me",
        "continue": "Cut short",
        "other model": "Other model",
        "role": "You are a patient English teacher who corrects one mistake at a time.",
        "lang": "en",
        "draw": "Stripes in red and blue",
        "redraw": "Add a green one",
        "script": "A script that adds up the hours of each project",
        "long code": f"It reads the table and writes the sums beside it:\n\n{SCRIPT}",
        "too long": "Too long",
        "limit": "Limit reached",
        "file": "Sticker",
        "blocked": "Somebody blocked",
        "small talk": "Last week's feedback is in the shared document now",
        "in group": "What do users care about most?",
        "feedback": "Three things:\n\n1. **Slow search**, named 31 times\n2. Tables on the phone\n"
        "3. A dark theme",
        "again": "What would help with the first?",
        "remedy": "Index titles and tags, then show results in pages. That is usually enough.",
        "in topic": "Which programs does a newcomer install on the first day?",
        "first day": "These three are enough to begin: **Feishu**, **a browser**, `git`.",
        "other topic": "Where do I hand in expenses?",
    },
}
