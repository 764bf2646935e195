"""The families of words by which services say what is wrong, in English and in Chinese.

No two services say it in the same words, and the same service changes them, so each family holds
the words that such a sentence can't do without. `docs/gateways.md` names the services.
"""

from __future__ import annotations

import re

_KEY = r"(api.?key|access.?key|secret.?key|\bkey|\btoken\b|credentials?|令牌|密钥|凭证|sk-)"
_ACCOUNT = r"(account|\buser\b|organi[sz]ation|\borg\b|tenant|workspace|\bteam\b)"
_ACCOUNT_ZH = r"(账户|账号|帐号|帐户|用户|组织)"
_MODEL = r"(model|deployment|engine|模型)"
_NO = r"(not|n't|no|cannot|without|lacks?)"


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL)


RATE = _any_of(
    r"rate.?limit|ratelimit|too many requests|throttl|slow down|too frequent|requests? per",
    r"(daily|hourly|qps|request)( \w+)? limit.{0,10}reach|当日.{0,10}(上限|次数)",
    r"per[ -](minute|second|hour|day)|\b(rpm|tpm|rps|qps|tpd|rpd)\b",
    r"concurren.{0,40}(limit|exceed|reach|max)|(limit|exceed|max)\w*.{0,30}concurren",
    r"频率|速率|限流|限速|过于频繁|太频繁|请求过(快|多)|每(分钟|秒|小时|天)|并发|总请求数限制",
)
# A limit of tokens, with the status of a limit: those of a minute.
RATE_OF_TOKENS = _any_of(r"token.?limit|limit.{0,20}tokens|allocated quota exceed")
# What no patience brings back.
MONEY = _any_of(r"insufficient|balance|\bcredits?\b|top.?up|recharge|余额|欠费|充值")
TOO_LARGE = _any_of(
    r"request too large|reduce (the |your )?(\w+ )?(length|size|number of|prompt|input|messages?)",
    r"(input|prompt|message)s? too large",
)
FILTERED = _any_of(
    r"content.{0,3}(filter|polic|moderat|safety|management|security|inspection|audit|review)",
    r"moderat(ion|ed)|\bflagged\b|content.{0,15}risk|data.?inspection|responsible ?ai",
    r"sensitive[ _]?(word|content|information|info|data|topic)|(contain|detect)\w* sensitive",
    r"(new|input|output)[ _]sensitive|inappropriate|offensive|harmful|unsafe|nsfw",
    r"(prohibited|disallowed|illegal) content",
    r"violat\w*.{0,60}(polic|guideline|safety|usage|rule)|(policy|safety|guideline)\w* violation",
    r"safety (system|filter|setting|check|reason|policy)|guardrail|audit (failed|not pass)",
    r"(prompt|input|request|response|content|output)\w* (was |is |were |has been |been )?"
    r"(blocked|rejected|filtered|refused).{0,40}(safety|polic|filter|content)|prompt.?blocked",
    r"敏感|违规|违禁|违法|涉黄|涉政|涉嫌|色情|审核|审查|内容.{0,3}(安全|风险)|安全(检查|检测|过滤"
    r"|策略|审)",
    r"不合规|风险内容|存在.{0,4}风险|不当内容|不良(内容|信息)|内容.{0,8}(拦截|屏蔽)",
)
TOO_LONG = _any_of(
    r"context.{0,3}(length|window|size|limit|overflow)|maximum context|too many (\w+ )?tokens",
    r"(prompt|inputs?|request|messages?|conversation|history|query|content|body)( \w+){0,3} too "
    r"(long|large|big)|(prompt|input|message|conversation)[^.]{0,50} too (long|large|big)\b",
    r"(exceed|longer than|larger than|greater than|surpass)\w*.{0,60}(max\w*.{0,20}"
    r"(context|token|length|input|prompt)|context|(token|length|input|prompt) limit"
    r"|limit.{0,15}token)",
    r"(max\w*.{0,20}(length|tokens?|context|input)|token limit|token count|(input|prompt|sequence) "
    r"length|\btokens?)\b.{0,40}(exceed|too long|too many|overflow)|inputs? tokens? exceed",
    r"\b(tokens?|length|prompt|inputs?)\b.{0,90}(must|should|can|cannot|can't|has to|needs? to) "
    r"(\w+ )?(be|have|exceed) ?(<|≤|less|fewer|smaller|at most|within|under|below|short|\d)",
    r"max(imum)?[ _]?((input|prompt|token|model|sequence|seq|context)s?[ _]?)?(length|len)\b",
    r"max(imum)? input (characters|tokens)|range of input length|shorten (the |your )",
    r"(上下文|输入|长度|tokens?|内容|提示词|prompt|消息|对话).{0,20}(超出|超过|过长|超长|太长"
    r"|超限)",
    r"超(出|过|长).{0,20}(长度|上下文|token)|超长",
)
KEY_USED_UP = _any_of(
    r"额度已(用尽|耗尽|用完)|(令牌|密钥|key).{0,10}(额度|余额|配额).{0,8}(不足|用尽|耗尽|用完)",
    r"(api.?key|\bkey|\btoken\b).{0,20}(quota|budget|allowance|credit).{0,30}"
    r"(exhaust|used up|exceed|reach|insufficient|not enough|depleted|run out)",
    r"budget.{0,30}exceed|exceed\w*.{0,30}budget|over budget|max budget",
)
NO_MONEY = _any_of(
    r"(insufficient|not enough|too low|low|negative|deplet|exhaust|out of|run out|ran out|overdue"
    r"|paid"
    r"|remaining|add|purchase|buy|n't have any|no)\w*.{0,30}(balance|credits?\b|funds?\b|money)",
    r"(balance|credits?\b|funds?\b).{0,40}(insufficient|not enough|too low|exhaust|deplet|used up"
    r"|run out|negative|overdue|exceed|expired|required|is 0\b|zero)",
    r"billing|overdue|arrear|past due|unpaid|top.?up\b|recharge|payment.{0,20}(required|method"
    r"|fail|due)",
    r"free.?(tier|quota|trial|plan|allocat\w+).{0,40}(exhaust|used|exceed|ended|expired|over\b"
    r"|only)",
    r"hard limit|spend\w*.{0,10}(limit|cap)|usage limit|good standing|insufficient.{0,15}quota",
    r"(quota|allowance|plan|subscription).{0,30}(exceed|exhaust|used up|insufficient|not enough"
    r"|reached"
    r"|deplet|run out|expired)|(exceed|exhaust|reach|run out)\w*.{0,25}(quota|allowance)",
    r"余额|欠费|充值|账单|续费|缴费|资源包|额度.{0,8}(不足|用尽|用完|耗尽|为 ?0|超)|预扣费额度失败",
    r"配额.{0,8}(不足|用尽|用完|耗尽|超)|套餐.{0,10}(用完|用尽|到期|过期|不足)|(积分|点数"
    r"|金币)不足",
    r"免费.{0,12}(用完|用尽|耗尽|结束|到期|不足)|(用户|账户|账号).{0,4}额度",
)
KEY_EXPIRED = _any_of(
    rf"{_KEY}.{{0,30}}(expired|过期|失效|到期)|expired?.{{0,5}}(api.?)?(key|token|credential)"
    rf"|已过期",
)
KEY_OFF = _any_of(
    rf"{_KEY}.{{0,40}}(disabled|revoked|inactive|deactivated|suspended|deleted|停用|禁用|不可用"
    rf"|封禁)",
    r"(disabled|revoked|inactive|deleted) (api.?)?(key|token)",
)
KEY_UNKNOWN = _any_of(
    r"(invalid|incorrect|wrong|bad|unknown|missing|malformed|unrecogni[sz]ed|illegal|no|provide)"
    r"(?! (\w+ ){0,3}(request|value|json|param))[\w ,'\"-]{0,25}(api.?key|access.?key|\btoken\b"
    r"|credentials?|authori[sz]ation|authentication|\bauth\b)",
    r"(api.?key|access.?key|credentials?|authori[sz]ation|\btoken\b)[\w `'\"’().:*…-]{0,50}"
    r"(invalid|incorrect|not valid|not found|missing|wrong|unknown|malformed|n't exist|not exist"
    r"|not recogni[sz]ed|not provided|mismatch|required|rejected|expected)",
    r"authenticat\w*.{0,20}(fail|error|invalid|required)|unauthori[sz]ed|login fail"
    r"|unauthenticated",
    r"no connected db|NoAuth|auth ?failure",
    r"(无效|错误|非法|不正确|缺少|未提供|未知|没有)的? ?.{0,6}(令牌|密钥|key|api.?key|token|凭证)",
    r"(令牌|密钥|api.?key|\bkey|token|鉴权|认证|身份验证|凭证).{0,12}"
    r"(无效|错误|失败|不正确|不存在|有误|非法|为空|缺失|不合法)",
)
BANNED = _any_of(
    rf"{_ACCOUNT}.{{0,60}}(banned|suspended|deactivated|disabled|terminated|locked|frozen"
    rf"|restricted)",
    r"has been (banned|deactivated|suspended)",
    rf"{_ACCOUNT_ZH}.{{0,12}}(封|禁用|停用|冻结|注销|锁定|异常)",
)
PLACE = _any_of(
    r"\bip\b.{0,60}(not|n't|denied|blocked|restricted|forbidden|white.?list|allow.?list|unauthori)",
    r"(countr(y|ies)|region|territor\w+|location).{0,60}(not |n't |unsupported|unavailable"
    r"|restricted"
    r"|blocked|forbidden|denied)|(unsupported|unavailable|restricted|blocked|not (available"
    r"|supported"
    r"|allowed|offered)).{0,30}(countr|region|location|territor|area\b)|(white|allow).?list",
    r"指定网段|白名单|(\bip|地址|地区|区域|国家|网段).{0,20}(不(允许|支持|在|可用|能)|限制|禁止"
    r"|拒绝|受限)",
)
NOT_CHAT = _any_of(
    r"channel not implemented|not a chat model|(not|n't) support (chat|generat)|不支持(对话|聊天)"
    r"|非对话",
    r"supported in (the )?/?v1/(responses|completions|embeddings|images|audio)",
    r"(not|n't).{0,30}/?(v1/)?chat/?completions",
    r"use (the )?/?(v1/)?(responses|completions|embeddings|images)\b.{0,20}(instead|endpoint|api)",
)
BUSY = _any_of(
    r"overload|saturat|(too|very|is|currently|temporarily|server) busy|over ?capacity|at capacity",
    r"temporarily unavailable|no capacity|capacity.{0,20}(exceed|reach|limit|constrain)",
    r"(high|heavy|peak) (demand|load|traffic)|(model|currently|still) (is )?(loading|warming)",
    r"饱和|过载|访问量(过|较|已|太)|繁忙|拥挤|负载(过|较|已|太)|忙不过来|高峰|(资源|算力)不足|排队",
)
NO_MODEL = _any_of(
    r"无可用(渠道|通道)|没有可用(渠道|通道)|no (available |healthy |valid )?(channel|deployment"
    r"|provider"
    r"|endpoint|route|worker)s?\b.{0,40}(for|available|found|model|match)|no channel\b",
    rf"{_MODEL}.{{0,100}}(n't exist|not exist|not (be )?found|(is|are|was) (not |un)(available"
    rf"|valid|found"
    r"|supported|a valid|recogni[sz]ed|loaded|deployed|known|served)|decommission|deprecated"
    r"|retired"
    r"|discontinued|disabled|no longer|removed|shut ?down|end.of.life|sunset|offline)",
    r"(invalid|unknown|unsupported|unrecogni[sz]ed|no such|nonexistent|not a valid|incorrect|wrong)"
    r"( \w+){0,2} ?(model|deployment)\b|on-demand throughput|try pulling|^model: \S+( |$)",
    r"模型.{0,40}(不存在|下线|未找到|找不到|不可用|已?停用|弃用|无效|未上线|停止服务|未部署)",
    r"(不存在|未找到|找不到|无效|未知|不支持)的?(该|此|这个)? ?模型",
)
NO_GROUP = _any_of(
    r"分组.{0,20}(不存在|弃用|无权|禁用|下线|停用)|无权.{0,20}分组",
    r"\bgroup\b.{0,40}(n't exist|not exist|not found|deprecated|disabled|no longer|no (access"
    r"|permission))",
    rf"{_NO} .{{0,20}}(access|permission|authori[sz]ed).{{0,20}}\bgroup\b",
)
MODEL_CLOSED = _any_of(
    r"无权(使用|访问|调用).{0,20}模型|模型.{0,20}(无权|未开通"
    r"|未授权|没有权限)",
    rf"{_NO} .{{0,30}}(access|permi\w+|allow\w*|authori[sz]ed|eligible|entitled).{{0,40}}{_MODEL}",
    rf"(access|permission).{{0,20}}{_MODEL}.{{0,30}}(denied|forbidden|refused|not)",
    rf"{_MODEL}.{{0,60}}(not|n't) .{{0,12}}(allowed|permitted|authori[sz]ed|accessible|enabled"
    rf"|activated"
    r"|purchased|included|open)|unpurchased|not (purchased|activated|subscribed)|未开通|未购买"
    r"|未订阅",
)
# A refusal in other words that speaks of one of these: another key may help.
OF_KEY = _any_of(r"api.?key|access.?key|\bkey\b|令牌|密钥")
OF_MONEY = _any_of(r"\bquota\b|\bbalance\b|\bcredits?\b|\bfunds\b|额度|余额|配额")
