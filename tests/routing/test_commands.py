"""Utterances that steer the dialogue, said in the ways people say them, and those that only sound like it."""

import re

from hypothesis import example, given, strategies as st
import pytest

from custom_components.xiao_gpt.routing import Command, voice_command

TURN_ON = (
    "打开高级对话|开启高级对话|启动高级对话|开始高级对话|进入高级对话|启用高级对话|开高级对话|打开高级会话|打开高级对话模式|"
    "启动高级对话功能|打开高级对话。|小爱同学，打开高级对话|小爱打开高级对话！|请打开高级对话|请你打开高级对话|"
    "帮我打开高级对话|请帮我打开高级对话吧|麻烦打开高级对话|麻烦你把高级对话打开一下|打开一下高级对话|请你帮我开一下高级对话|"
    "把高级对话打开|高级对话打开|把高级对话模式给我打开|请把高级对话打开|打开高级对话，谢谢|打开高级对话好吗？|打开高级对话可以吗|"
    "打开高级对话行吗|打开高级对话好不好|打 开 高 级 对 话|turn on 高级对话|Turn On高级对话|"
    "先打开高级对话|快打开高级对话呀"
)
TURN_OFF = (
    "关闭高级对话|关掉高级对话|关上高级对话|关了高级对话|退出高级对话|停止高级对话|停用高级对话|禁用高级对话|结束高级对话模式|"
    "取消高级对话|关高级对话|退出高级会话|把高级对话关掉|把高级对话关了|把高级对话关掉一下|高级对话关闭|高级对话关了吧|"
    "请关闭高级对话|小爱同学，关闭高级对话|帮我关一下高级对话|麻烦你关掉高级对话|关掉高级对话吧，谢谢|把高级对话给我关了|"
    "好了，退出高级对话吧|行了关掉高级对话"
)
STOP = (
    "闭嘴|住口|住嘴|打住|停|停！|停停停|停一停|停一下|停下|停下来|停止|停止回答|停止说话|停止播放|暂停|暂停一下|暂停播放|"
    "别说了|别说|别说话|别说话了|不要说了|不要说话|别再说了|不要再说了|不用说了|甭说了|别讲了|不用讲了|别念了|别读了|别播了|别放了|"
    "别唱了|别回答了|别吵|别吵了|别出声|别啰嗦|别说下去了|安静|安静点|安静一点|安静一下|请安静|"
    "够了|够啦|stop|Stop!|shut up|Be quiet.|"
    "小爱同学，闭嘴|小爱，停一下|请停止|请停下来|请不要说话|你闭嘴|给我闭嘴|你给我闭嘴|闭嘴吧|你别说了|求你别说了|别说了好吗|"
    "好了好了，别说了|行了，别说了|好啦别说啦|喂，闭嘴|麻烦你安静一下|快停下|赶紧停|马上停止|立刻停下|先停一下|停下吧|停了吧"
)
CONTINUE = (
    "打开持续对话|开启持续对话|开始持续对话|启动持续对话|进入持续对话|启用持续对话|开始连续对话|打开连续对话模式|进入连续会话|开始连续聊天|"
    "打开持续对话功能|把持续对话打开|持续对话打开|请开始持续对话|小爱同学，开始持续对话吧|帮我打开持续对话好吗？|我们开始连续聊天吧"
)
DISCONTINUE = (
    "关闭持续对话|关掉持续对话|结束持续对话|退出持续对话|停止持续对话|停用持续对话|取消连续对话|结束连续聊天吧|退出连续对话模式|"
    "把持续对话关掉|把持续对话关了|持续对话关闭|好了，结束持续对话|请关闭一下持续对话|麻烦你关掉持续对话，谢谢"
)
NEW_TOPIC = (
    "换个话题|换一个话题|换话题|换个新话题|我们换个话题吧|咱们换个话题好吗|小爱，换个话题|聊点别的|聊些别的|我们聊点别的吧|"
    "重新开始对话|重新开始聊天|重新开始|新话题|新的话题|开始新对话|开始新的对话|清空对话记录|清除聊天记录|忘掉刚才说的话题|"
    "忘记之前的对话|删除对话历史|清空之前聊的内容|请清空聊天记录。"
)
ASK_LLM = (
    "这个问题问GPT|这个问GPT|这问题让GPT回答|这个问题让gpt来回答|这种问题问GPT|这类问题交给GPT|"
    "这类问题以后交给GPT处理|像这种问题以后都问GPT|以后这种问题都让GPT回答|刚才的问题问GPT|"
    "刚才那个问题问一下GPT|刚才那句话交给GPT|刚刚的话给GPT处理|上一句让GPT来答|上一个问题让大模型回答|"
    "上个问题问大模型|那个问题叫AI回答|这个让AI来|这句话问ChatGPT|这个问题去问ChatGPT|这个应该问GPT|"
    "这种问题应该让GPT回答|这个要问人工智能|这条指令给语言模型处理|这个归GPT管|小爱同学，这个问题问GPT|"
    "帮我这个问题问GPT吧|麻烦这个问题问一下GPT，谢谢|这个问题问GPT好吗？|这个由大模型来说"
)
ASK_XIAOAI = (
    "这个问小爱|这个让小爱做|这个让小爱同学做|这种指令以后让小爱来执行|这种话以后都让小爱处理|像这种指令以后都给小爱同学|"
    "以后这类问题让小爱回答|刚才那句让小爱做|刚才的指令交给小爱|刚才那个交给小爱同学办|上一句给小爱同学|上一个问题问小爱|"
    "那个让音箱来做|这个事让音箱办|这个应该让小爱同学做|这条指令要交给小爱|这个归小爱管|这句话由小爱同学来回答|"
    "请这个让小爱做吧|小爱，刚才那句让小爱做"
)
NONE = (
    "怎么让孩子闭嘴|他让我闭嘴|闭嘴用英语怎么说|停车场在哪里|停电了怎么办|停止是什么意思|什么时候停|停一下洗衣机|停止服务|"
    "安静的音乐有哪些|放一首安静|暂停键在哪|暂停营业是什么意思|别说话是谁唱的|不要说谎|不要停|不要放弃|够了吗|够不够|你够了吗|停了吗|"
    "结束了吗|高级对话是什么|高级对话|怎么打开高级对话|高级对话怎么关闭|为什么要关闭高级对话|开高级对话的好处|不要打开高级对话|"
    "别关高级对话|打开高级对话了吗|高级对话打开了吗|高级对话开了吗|高级对话关了吗|打开高级模式|打开对话|关闭空调|打开客厅的灯|"
    "打开高级对话然后关灯|明天打开高级对话|把音乐关了|你好|你|谢谢|小爱同学|好了|了|"
    "停用词是什么|non stop|shut up and dance|stop it|"
    "持续对话|持续对话是什么|怎么打开持续对话|不要打开持续对话|持续对话打开了吗|打开持续对话然后关灯|对话持续了多久|"
    "怎么换个话题|换个话题聊聊天气|话题|有什么新话题可以聊|新话题有哪些|为什么要清空聊天记录|清空购物车|删除闹钟|忘记密码怎么办|"
    "换个灯泡|换一首歌|重新开始播放|别的地方天气怎么样|"
    "怎么问GPT|GPT是什么|这个问题怎么问|让小爱唱歌|这是谁做的|问一下小爱几岁|小爱和GPT谁聪明|这个叫什么|"
    "这个问题GPT能回答吗|这个用GPT做的吗|刚才GPT说了什么|这个问题问老师|这个交给我|这个问题问得好|"
    "为什么这个问题要问GPT|不要把这个问题问GPT|这个问题不要问GPT|这个不归小爱管|这个问题问GPT怎么样|"
    "刚才那首歌叫小爱|这个歌让小爱放|刚才为什么问GPT|这个问题问过GPT了吗|这个是大模型吗|那个是人工智能|"
    "这个叫大模型吗|小爱同学是谁做的|让GPT给我讲个故事|问问小爱明天下雨吗|这个问题以后再说|以后让小爱叫我起床"
)

WITH_BA = ("把这个问题交给GPT", "把刚才那句话交给大模型处理")


@pytest.mark.parametrize(
    ("utterance", "command"),
    [
        *((utterance, Command.TURN_ON) for utterance in TURN_ON.split("|")),
        *((utterance, Command.TURN_OFF) for utterance in TURN_OFF.split("|")),
        *((utterance, Command.STOP) for utterance in STOP.split("|")),
        *((utterance, Command.CONTINUE) for utterance in CONTINUE.split("|")),
        *((utterance, Command.DISCONTINUE) for utterance in DISCONTINUE.split("|")),
        *((utterance, Command.NEW_TOPIC) for utterance in NEW_TOPIC.split("|")),
        *((utterance, Command.ASK_LLM) for utterance in ASK_LLM.split("|")),
        *((utterance, Command.ASK_XIAOAI) for utterance in ASK_XIAOAI.split("|")),
        *((utterance, None) for utterance in NONE.split("|")),
        *((utterance, None) for utterance in ("这叫人工智能", "那个叫AI", "这个叫小爱同学")),
        *((utterance, Command.ASK_LLM) for utterance in WITH_BA),
        ("把这个交给小爱", Command.ASK_XIAOAI),
        ("", None),
        ("。。。", None),
        (" \n", None),
    ],
)
def test_an_utterance_is_the_command_that_a_person_means(utterance: str, command: Command | None) -> None:
    assert voice_command(utterance) is command


@given(
    st.sampled_from(
        f"{TURN_ON}|{TURN_OFF}|{STOP}|{CONTINUE}|{DISCONTINUE}|{NEW_TOPIC}|{ASK_LLM}|{ASK_XIAOAI}".split("|")
    ),
    st.lists(st.sampled_from("，。！？、,.!?~～… \t\n"), max_size=4).map("".join),
)
def test_punctuation_around_and_white_space_within_make_no_difference(utterance: str, noise: str) -> None:
    assert voice_command(f"{noise}{' '.join(utterance)}{noise}") is voice_command(utterance)


@given(
    st.lists(st.sampled_from(re.findall(r"[一-鿿]+", NONE)), min_size=1, max_size=3),
    st.sampled_from(f"{TURN_ON}|{TURN_OFF}|{CONTINUE}|{DISCONTINUE}|{NEW_TOPIC}|{ASK_LLM}|{ASK_XIAOAI}".split("|")),
)
def test_a_sentence_about_the_dialogue_is_no_command(words: list[str], command: str) -> None:
    sentence = f"为什么{''.join(words)}{command}"
    assert voice_command(sentence) is None


@given(st.text())
@example("请你" * 5000)
@example("麻烦你" * 5000 + "停")
@example("你请你" * 5000)
@example("小爱小爱同学" * 5000)
@example("停" * 20000 + "车")
@example("停" + "好吗好不好" * 5000 + "？车")
@example("别说了" + "了" * 20000 + "x")
@example("把持续对话" * 5000 + "关")
@example("清空之前的" * 5000 + "对话")
@example("开始" * 20000 + "新话题")
@example("这个问题" * 5000 + "问GPT")
@example("这个" + "应该要得" * 5000 + "问")
@example("以后" * 5000 + "这个让小爱")
def test_any_text_is_looked_at_without_failing_or_hanging(utterance: str) -> None:
    assert voice_command(utterance) in (None, *Command)


OWN = {Command.TURN_ON: ("芝麻开门", "Open Sesame!"), Command.STOP: ("好了够了", " ", ""), Command.NEW_TOPIC: ()}


@pytest.mark.parametrize(
    ("utterance", "command"),
    [
        ("芝麻开门", Command.TURN_ON),
        ("芝麻，开门！", Command.TURN_ON),
        ("open sesame", Command.TURN_ON),
        ("好了够了。", Command.STOP),
        ("停", Command.STOP),
        ("打开高级对话", Command.TURN_ON),
        ("请芝麻开门", None),
        ("芝麻开门是什么意思", None),
        ("", None),
        ("。", None),
        (" ", None),
    ],
)
def test_a_persons_own_words_are_commands_besides_the_usual_ones(utterance: str, command: Command | None) -> None:
    assert voice_command(utterance, OWN) is command


def test_a_persons_own_words_count_more_than_the_usual_ones() -> None:
    assert voice_command("停", {Command.NEW_TOPIC: ["停"]}) is Command.NEW_TOPIC


@given(st.text(), st.dictionaries(st.sampled_from(Command), st.lists(st.text(), max_size=3)))
def test_own_words_of_any_kind_are_looked_at_without_failing(utterance: str, own: dict[Command, list[str]]) -> None:
    assert voice_command(utterance, own) in (None, *Command)
