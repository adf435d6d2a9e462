"""The questions that the benchmarks ask, and what the simulated model answers to them, at which pace."""

from dataclasses import dataclass, field
from typing import Any

from simulator.app import Simulator
from simulator.llm_replies import ScriptedReply


@dataclass(frozen=True, slots=True)
class Answer:
    """A question with its scripted answer."""

    key: str
    """How the options and the tables call it."""
    chinese: str
    """What the Chinese page calls it."""
    question: str
    """It begins with a keyword that xiaogpt waits for."""
    match: str
    """What the simulated model knows the question by."""
    text: str
    pace: dict[str, Any] = field(default_factory=dict)
    """Settings of the LLM that differ from the usual ones."""


USUAL_PACE: dict[str, Any] = {"first_token": 0.6, "tokens_per_second": 40, "burst": 1}

STANDARD = Answer(
    "standard",
    "标准",
    "请问为什么天空是蓝色的？",
    "天空",
    "天空是蓝色的。太阳光看上去是白色，其实由许多颜色混合而成。光穿过大气的时候，会撞上空气里的小分子，"
    "蓝色的光波长短，最容易被撞得四处散开。我们往天上看，从四面八方来的就都是蓝光。到了傍晚，光要穿过更厚的大气，"
    "蓝光散光了，剩下的就是红色和橙色。",
)
"""118 characters, the first sentence short."""
SHORT = Answer(
    "short", "短", "请问蜂蜜为什么不容易坏？", "蜂蜜", "蜂蜜里糖多水少，细菌在里面活不下去。密封好能放很多年。"
)
LONG = Answer(
    "long",
    "长",
    "请问彩虹是怎么来的，说得详细一点。",
    "彩虹",
    "彩虹是阳光和雨滴一起画出来的。下过雨以后，空气里还飘着许多细小的水珠，每一颗都像一块小小的三棱镜。"
    "阳光看起来是白色，其实藏着红橙黄绿青蓝紫各种颜色。光进入水珠的时候会拐一个弯，不同的颜色拐的角度不一样，"
    "于是它们就分开了。分开的光在水珠背面反射一次，出来的时候再拐一个弯，最后落进我们的眼睛。红光和紫光的角度相差大约两度，"
    "所以红色总在外圈，紫色总在内圈。要看见彩虹，太阳必须在你的背后，雨必须在你的前面，而且太阳不能太高，"
    "这就是为什么彩虹多半出现在早晨和傍晚。有时候光在水珠里反射了两次，外面还会多出一道颜色相反的霓，只是要暗得多。"
    "如果你坐在飞机上往下看，运气好的话能看到一个完整的圆，因为没有地面挡住下半边。"
    "想在家里看也不难，背对着太阳，用喷壶往前面喷一片水雾，小小的彩虹就出来了。",
)
"""Between 300 and 400 characters."""
SLOW = Answer(
    "slow",
    "慢",
    "请问海水为什么是咸的？",
    "海水",
    "海水的咸味来自陆地。雨水落在岩石上，会一点一点把里面的盐溶解出来。河流带着这些盐流进大海，海底的火山也会送来一些。"
    "太阳把海水晒成水汽，盐却留了下来。几十亿年过去，海里的盐就越积越多了。",
    {"tokens_per_second": 8},
)
BURSTY = Answer(
    "bursty",
    "成批",
    "请问树叶为什么会变黄？",
    "树叶",
    "树叶里本来就有黄色。夏天叶绿素特别多，把别的颜色都盖住了。到了秋天，白天变短，天气变冷，树木不再制造新的叶绿素，"
    "旧的又慢慢分解，藏在下面的黄色就露了出来。有些树还会趁这个时候造出红色的花青素，所以枫叶是红的。",
    {"tokens_per_second": 20, "burst": 40},
)
"""A connection that brings two seconds' worth at a time."""
UNPUNCTUATED = Answer(
    "unpunctuated",
    "无标点",
    "请问猫为什么怕水？",
    "猫",
    "猫的祖先住在干燥的地方很少有机会碰到水而且它们的毛湿了以后很难干又重又冷还会盖住自己身上的气味"
    "所以大多数猫都不喜欢洗澡不过也有几种猫天生爱玩水",
)

ANSWERS = (STANDARD, SHORT, LONG, SLOW, BURSTY, UNPUNCTUATED)
BY_KEY = {answer.key: answer for answer in ANSWERS}


def script(sim: Simulator) -> None:
    """Teach the simulated model all answers."""
    sim.llm.replies[:] = [ScriptedReply(answer.match, answer.text) for answer in ANSWERS]


def set_pace(sim: Simulator, answer: Answer) -> None:
    """Let the model's next answers come as `answer` should."""
    sim.llm.settings.update({**USUAL_PACE, **answer.pace})
