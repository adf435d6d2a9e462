"""The main job, shown: a real Home Assistant, the integration as it ships, and a person at a simulated speaker.

Only the clouds are simulated, by `simulator`; with OPENAI_API_KEY set (and OPENAI_BASE_URL, OPENAI_MODEL) the language
model is a real one. Everything printed is measured on the simulator's timeline.
"""

import argparse
import asyncio
from dataclasses import dataclass, field
import os
from pathlib import Path
import shutil
import sys
import tempfile
import unicodedata

from simulator.app import Simulator
from simulator.house import House, HouseError
from simulator.measure import Exchange, measure
from simulator.product import Service, house_with_gateway, install
from simulator.timeline import Event

SPEAKER = "客厅小爱"
LAMP = "light.living_room"
ANSWER_SECONDS = 120.0
"""Longer than any answer takes to be spoken; what has not ended by then never will."""


@dataclass
class Row:
    """One line of the table."""

    said: str
    heard: str = "–"
    first_words: str = "–"
    spoken: str = "–"
    gap: str = "–"
    outcome: str = ""
    good: bool = True


@dataclass
class Demo:
    """A person at a speaker, with the figures of what happened."""

    sim: Simulator
    house: House
    rows: list[Row] = field(default_factory=list)
    switch: str = ""

    async def set_up(self) -> None:
        """Add the integration as a person would in the UI, and say in which room the speaker stands."""
        speaker = (await install(self.house, self.sim, _service()))[SPEAKER]
        self.switch = speaker.switch
        await self.house.ws("config/device_registry/update", device_id=speaker.device_id, area_id="living_room")

    async def ask(self, text: str, answer: str | None = None) -> int:
        """Say something to the speaker; return where in the timeline that was."""
        begin = len(self.sim.timeline)
        self.sim.world.ask(SPEAKER, text, answer)
        return begin

    async def spoken_out(self, begin: int) -> None:
        """Wait until the answer to the question at `begin` has been spoken to its end."""
        timeline = self.sim.timeline
        while True:
            ended = await timeline.wait_for(
                lambda event: event.event == "speech_ended" and event.fields["source"] == "tts",
                since=begin,
                timeout=ANSWER_SECONDS,
            )
            begin = ended.seq + 1
            try:
                # The next piece follows at once, or there is none.
                await timeline.wait_for(_tts_started, since=ended.seq, timeout=5)
            except TimeoutError:
                return

    async def question(self, text: str) -> None:
        """Ask an open question and hear the answer out."""
        begin = await self.ask(text)
        await self.spoken_out(begin)
        exchange = measure(self.sim.timeline.since(begin), SPEAKER)
        row = _row(exchange)
        row.outcome = f"GPT 答完，{sum(len(piece) for piece in exchange.pieces)} 字，分 {len(exchange.pieces)} 段"
        row.good = exchange.spoken > 0.99 and exchange.first_words is not None
        self.rows.append(row)

    async def turn_on(self) -> None:
        """Turn advanced dialogue on by voice."""
        begin = await self.ask("打开高级对话")
        await self.house.wait_for_state(self.switch, "on")
        await self.spoken_out(begin)
        row = _row(measure(self.sim.timeline.since(begin), SPEAKER))
        row.outcome = "开关“高级对话”：开"
        self.rows.append(row)

    async def lamp(self) -> None:
        """Switch a lamp of Home Assistant by plain words, in the room of the speaker."""
        before = (await self.house.states(LAMP))["state"]
        begin = await self.ask("打开灯", "没有找到可以控制的设备。")
        await self.house.wait_for_state(LAMP, "on")
        await self.spoken_out(begin)
        row = _row(measure(self.sim.timeline.since(begin), SPEAKER))
        bedroom = (await self.house.states("light.bedroom"))["state"]
        row.outcome = f"客厅灯 {before} → on，卧室灯 {bedroom}"
        row.good = before == "off" and bedroom == "off"
        self.rows.append(row)

    async def stop(self) -> None:
        """Ask for a story and tell it to be quiet in mid-answer."""
        begin = await self.ask("给我讲讲长城的历史，讲得详细一点")
        await self.sim.timeline.wait_for(_tts_started, since=begin, timeout=ANSWER_SECONDS)
        quiet = await self.ask("闭嘴")
        await self._silent_after(quiet)
        exchange = measure(self.sim.timeline.since(quiet), SPEAKER)
        row = Row("闭嘴（答到一半）", heard=_seconds(exchange.heard))
        row.good = not exchange.pieces
        row.outcome = "安静了，没有再开口" if row.good else f"又说了：{exchange.text}"
        self.rows.append(row)

    async def interruption(self) -> None:
        """Ask something else in mid-answer."""
        begin = await self.ask("给我详细讲讲恐龙为什么会灭绝")
        await self.sim.timeline.wait_for(_tts_started, since=begin, timeout=ANSWER_SECONDS)
        again = await self.ask("等一下，一年有多少天？")
        await self.spoken_out(again)
        exchange = measure(self.sim.timeline.since(again), SPEAKER)
        row = _row(exchange)
        row.said += "（打断）"
        row.outcome = "旧回答停止，只答新问题"
        row.good = exchange.spoken > 0.99
        self.rows.append(row)

    async def turn_off(self) -> None:
        """Turn advanced dialogue off by voice; then XiaoAI answers itself, undisturbed."""
        begin = await self.ask("关闭高级对话")
        await self.house.wait_for_state(self.switch, "off")
        await self.spoken_out(begin)
        row = _row(measure(self.sim.timeline.since(begin), SPEAKER))
        row.outcome = "开关“高级对话”：关"
        self.rows.append(row)
        begin = await self.ask("今天天气怎么样", "今天晴，最高气温二十三度。")
        ended = await self.sim.timeline.wait_for(
            lambda event: event.event == "speech_ended", since=begin, timeout=ANSWER_SECONDS
        )
        row = Row("今天天气怎么样（高级对话已关）")
        row.good = ended.fields["source"] == "xiaoai" and ended.fields["spoken"] > 0.99
        row.outcome = "小爱自己答完，没有被打扰" if row.good else "小爱的回答被打断了"
        self.rows.append(row)

    async def _silent_after(self, begin: int) -> None:
        """Wait until the command at `begin` was heard and nothing is being spoken any more."""
        visible = await self.sim.timeline.wait_for(
            lambda event: event.event == "record_visible", since=begin, timeout=ANSWER_SECONDS
        )
        try:
            await self.sim.timeline.wait_for(_tts_started, since=visible.seq, timeout=8)
        except TimeoutError:
            return

    def print_table(self) -> None:
        """Print what happened, in words and seconds."""
        head = ("对小爱说", "听到", "开口", "说完", "句间最长停顿", "结果")
        table = [
            (row.said, row.heard, row.first_words, row.spoken, row.gap, ("✓ " if row.good else "✗ ") + row.outcome)
            for row in self.rows
        ]
        widths = [max(_width(line[column]) for line in [head, *table]) for column in range(len(head))]
        for line in [head, tuple("─" * width for width in widths), *table]:
            print("  ".join(text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True)))
        print("\n听到、开口：从小米云里能看到这句话算起。说完：回答里真正响过的比例。")


def _service() -> Service | None:
    """Return the real service that the environment names, or None for the simulated one."""
    if not (key := os.environ.get("OPENAI_API_KEY")):
        return None
    address = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1")
    return Service(address, key, os.environ.get("OPENAI_MODEL", "gpt-5-mini"))


def _tts_started(event: Event) -> bool:
    return event.event == "speech_started" and event.fields["source"] == "tts"


def _row(exchange: Exchange) -> Row:
    return Row(
        said=exchange.question,
        heard=_seconds(exchange.heard),
        first_words=_seconds(exchange.first_words),
        spoken=f"{exchange.spoken:.0%}",
        gap=_seconds(max(exchange.gaps, default=None)),
    )


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} 秒"


def _width(text: str) -> int:
    """Return the columns that a text takes in a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


async def run(folder: Path, *, serve: bool, port: int) -> int:
    """Run the demo; return the exit status."""
    async with Simulator(port=port if serve else 0) as sim:
        print("启动 Home Assistant …", flush=True)
        async with house_with_gateway(sim, folder, port=8123 if serve else 0) as house:
            demo = Demo(sim, house)
            print("像用户一样添加集成 …", flush=True)
            await demo.set_up()
            if serve:
                return await _serve(demo)
            print(f"在{SPEAKER}旁边说话 …\n", flush=True)
            await demo.turn_on()
            for text in ("为什么天空是蓝色的？", "推荐三本适合十岁孩子看的书", "圆周率是多少，怎么记？"):
                await demo.question(text)
            await demo.lamp()
            await demo.stop()
            await demo.interruption()
            await demo.turn_off()
            demo.print_table()
            if problems := house.problems():
                print("\nHome Assistant 的日志里有问题：", *problems, sep="\n  ")
            return 0 if all(row.good for row in demo.rows) and not problems else 1


async def _serve(demo: Demo) -> int:
    """Stay up until interrupted."""
    await demo.house.call("switch", "turn_on", {"entity_id": demo.switch})
    print(
        f"\nHome Assistant：{demo.house.url}  用户名 owner，密码 xiao-gpt"
        f"\n模拟器：{demo.sim.url}/_sim/timeline"
        f'\n在另一个终端里提问：scripts/ask "为什么天空是蓝色的？"'
        "\n按 Ctrl+C 结束。",
        flush=True,
    )
    await asyncio.Event().wait()
    return 0


def main() -> int:
    """Parse the command line and run the demo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true", help="stay up, to look around and to ask with scripts/ask")
    parser.add_argument("--port", type=int, default=8765, help="port of the simulator with --serve (default 8765)")
    parser.add_argument("--keep", type=Path, help="use this folder for Home Assistant and keep it")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="xiao-gpt-"))
    try:
        return asyncio.run(run(folder, serve=arguments.serve, port=arguments.port))
    except KeyboardInterrupt:
        return 0
    except (HouseError, TimeoutError) as err:
        print(f"✗ {err or 'nothing happened in time'}", file=sys.stderr)
        return 1
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
