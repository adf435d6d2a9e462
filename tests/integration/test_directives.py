"""What XiaoAI is told: Chinese as people say it."""

from datetime import date, datetime, time, timedelta

import pytest

from custom_components.xiao_gpt.directives import Repeat, alarm, clock_time, day, duration, number, timer

NOW = datetime(2026, 11, 21, 14, 30)  # noqa: DTZ001 - local time, as the words are


@pytest.mark.parametrize(
    ("value", "words"), [(0, "零"), (2, "二"), (10, "十"), (12, "十二"), (20, "二十"), (22, "二十二"), (99, "九十九")]
)
def test_numbers(value, words):
    assert number(value) == words


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(minutes=10), "十分钟"),
        (timedelta(minutes=2), "两分钟"),
        (timedelta(minutes=90), "一个小时三十分钟"),
        (timedelta(hours=2), "两个小时"),
        (timedelta(seconds=45), "四十五秒"),
        (timedelta(hours=12, seconds=1), "十二个小时一秒"),
    ],
)
def test_lengths_of_time(length, words):
    assert duration(length) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (time(7, 30), "早上七点半"),
        (time(0, 0), "凌晨零点"),
        (time(2, 5), "凌晨两点零五分"),
        (time(9, 15), "上午九点十五分"),
        (time(12, 0), "中午十二点"),
        (time(14, 0), "下午两点"),
        (time(22, 59), "晚上十点五十九分"),
    ],
)
def test_times_of_the_day(at, words):
    assert clock_time(at) == words


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (date(2026, 11, 21), "今天"),
        (date(2026, 11, 23), "后天"),
        (date(2026, 12, 1), "十二月一号"),
        (date(2027, 2, 28), "明年二月二十八号"),
        (date(2030, 1, 2), "2030年一月二号"),
    ],
)
def test_days(when, words):
    assert day(when, NOW.date()) == words


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ("关火", "十分钟后提醒我关火"),
        ("提醒我关火。", "十分钟后提醒我关火"),
        ("记得关火", "十分钟后提醒我关火"),
        ("叫孩子起床", "十分钟后提醒我叫孩子起床"),
        ("提醒", "十分钟后提醒我提醒"),
        (" ", "定一个十分钟的倒计时"),
    ],
)
def test_timers(about, words):
    assert timer(timedelta(minutes=10), about) == words


def test_alarms():
    assert alarm(time(7, 30), NOW) == "定一个明天早上七点半的闹钟"
    assert alarm(time(15, 0), NOW, about="接孩子") == "今天下午三点提醒我接孩子"
    assert alarm(time(8, 0), NOW, on=date(2026, 11, 23)) == "定一个后天上午八点的闹钟"
    assert alarm(time(7, 0), NOW, repeat=Repeat.WORKDAYS) == "定一个每个工作日早上七点的闹钟"
    assert alarm(time(21, 0), NOW, repeat=Repeat.DAILY, about="吃药") == "每天晚上九点提醒我吃药"
