"""CPU of an answer's Markdown: eight kilobytes in twenty frames, and the final text.

`python -m bench.markdown` prints milliseconds: the least of several runs, since nothing but
other work on the machine makes one longer. The goal is at most 20 ms.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from feishu_bot.feishu.cards.answer import ANSWER_BYTES
from feishu_bot.feishu.cards.markdown import MarkdownStream, safe_markdown

ANSWER_SIZE = 8_000
FRAMES = 20
RUNS = 30
GOAL_MS = 20.0

_SECTION = """## {n}. 缓存 Caching

缓存把**常用的结果**放在离用户更近的地方。命中时不必再查数据库，所以响应更快，数据库的压力也更小；\
代价是数据可能过期，因此要先想清楚：多旧的数据还能接受？

1. **选择键**：用 `user:{n}:profile` 这样的名字，一眼能看出里面是什么。
   - 不要把时间放进键里
   - 太长的键先取摘要，见 [说明](https://example.com/docs/keys_{n})
2. **设定时限**：The time to live is a promise about how old the data may be.
3. **处理失败**：缓存不可用时直接查数据库，并记下日志。

```python
def load(user_id: int) -> Profile:
    key = f"user:{{user_id}}:profile"
    if (found := cache.get(key)) is not None:
        return found
    profile = database.load(user_id)
    cache.set(key, profile, seconds={n} * 60)
    return profile
```

| 方案 | 延迟 | 适合 |
|---|---|---|
| 进程内 | 1 µs | 很少变的数据 |
| Redis | 0.5 ms | **共享**的数据 |

> 先测量，再优化。

"""


def answer() -> str:
    """Eight kilobytes of an answer as models write them."""
    text = "".join(_SECTION.format(n=number) for number in range(1, 12))
    return text.encode()[:ANSWER_SIZE].decode(errors="ignore")


def stream(text: str, frames: int = FRAMES) -> str:
    """What the thread that draws does: frame by frame, then the final text."""
    markdown = MarkdownStream()
    step = -(-len(text) // frames)
    for start in range(0, len(text), step):
        markdown.append(text[start : start + step])
        markdown.full_card(ANSWER_BYTES)
        markdown.text()
    markdown.finish()
    markdown.full_card(ANSWER_BYTES)
    return markdown.text()


def least_ms(work: Callable[[], object], runs: int = RUNS) -> float:
    """CPU milliseconds of this process for the work, at the least."""
    times = []
    for _ in range(runs):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times) * 1000


def main() -> int:
    """The exit code: 0 if the goal is met."""
    text = answer()
    framed = least_ms(lambda: stream(text))
    whole = least_ms(lambda: safe_markdown(text, streaming=False))
    print(f"Markdown of {len(text.encode())} bytes, CPU ms")
    print(f"  in {FRAMES} frames  {framed:6.1f}  (at most {GOAL_MS:.0f})")
    print(f"  at once       {whole:6.1f}")
    return 0 if framed <= GOAL_MS else 1


if __name__ == "__main__":
    sys.exit(main())
