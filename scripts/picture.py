"""Draw the README's overview, in Chinese and in English: who answers what a person says to the speaker.

Usage: .venv/bin/python -m scripts.picture
"""

from dataclasses import dataclass
from math import atan2, cos, sin
from pathlib import Path
import sys

from PIL import ImageDraw, ImageFont

from scripts.brand import LIGHT, Box, Drawing, Point, arc, draw_mark, superellipse

TARGET = Path(__file__).parent.parent / "docs" / "images"
FONTS = Path("/usr/share/fonts/opentype/noto")
REGULAR = FONTS / "NotoSansCJK-Regular.ttc"
BOLD = FONTS / "NotoSansCJK-Bold.ttc"
# Faces of the collections. The Korean one sets Latin quotation marks narrow.
SIMPLIFIED_CHINESE, KOREAN = 2, 1

WIDTH, HEIGHT = 1600, 760

INK = "#231a5e"
SOFT_INK = "#5f5a80"
LINE = "#a7a2c6"
PAPER = "#f6f5fc"
WHITE = "#ffffff"
BORDER = "#dfdcf0"
VIOLET = "#5b46e0"
TEAL = "#0e8f8a"
AMBER = "#c9760a"


@dataclass(frozen=True)
class Answer:
    """One of those who may answer: what it is for, in one or two lines, and a question that goes there."""

    name: str
    uses: str
    example: str


@dataclass(frozen=True)
class Words:
    """Everything that is written in the picture, in one language."""

    language: str
    face: int
    question: tuple[str, str]
    person: str
    speaker: str
    cloud: str
    voice: str
    text: str
    who: tuple[str, ...]
    how: tuple[str, ...]
    xiaoai: Answer
    home: Answer
    gpt: Answer
    sentences: tuple[str, str, str]
    back: str


CHINESE = Words(
    language="zh",
    face=SIMPLIFIED_CHINESE,
    question=("“小爱同学，", "给我讲讲银河”"),
    person="你说话",
    speaker="小爱音箱",
    cloud="小米云",
    voice="语音",
    text="文字",
    who=("谁来回答？",),
    how=("在家里判断，", "只需几毫秒"),
    xiaoai=Answer("小爱自己", "放音乐；高级对话关闭时的一切", "“放一首周杰伦的歌”"),
    home=Answer("Home Assistant", "音箱房间里的灯，不限品牌", "“打开客厅的灯”"),
    gpt=Answer("GPT", "其余的一切，能连续追问", "“给我讲讲银河”"),
    sentences=("第一句", "第二句", "第三句"),
    back="GPT 边想边说：一句一句念回同一台音箱，随时开口就能打断",
)
ENGLISH = Words(
    language="en",
    face=KOREAN,
    question=("“XiaoAI, tell me", "about the Milky Way”"),
    person="You speak",
    speaker="XiaoAI speaker",
    cloud="Xiaomi cloud",
    voice="voice",
    text="words",
    who=("Who", "answers?"),
    how=("decided at home", "in milliseconds"),
    xiaoai=Answer("XiaoAI itself", "music; all, when switched off", "“Play a song by Jay Chou”"),
    home=Answer("Home Assistant", "lights in its room, any brand", "“Turn on the living room light”"),
    gpt=Answer("GPT", "all the rest, and follow-ups", "“Tell me about the Milky Way”"),
    sentences=("1st sentence", "2nd sentence", "3rd sentence"),
    back="GPT streams back to the same speaker, sentence by sentence. Speak up to interrupt.",
)


def plain(colour: str) -> tuple[str, str]:
    """A gradient of one colour."""
    return colour, colour


class Picture(Drawing):
    """A drawing with words, cards and arrows."""

    def __init__(self, face: int) -> None:
        super().__init__(WIDTH, HEIGHT, oversampling=3)
        self._face = face

    def words(self, at: Point, text: str, size: float, colour: str, *, bold: bool = False, anchor: str = "mm") -> None:
        """Write one line."""
        font = ImageFont.truetype(BOLD if bold else REGULAR, size * self._scale, index=self._face)
        draw = ImageDraw.Draw(self._image)
        draw.text((at[0] * self._scale, at[1] * self._scale), text, fill=colour, font=font, anchor=anchor)

    def card(self, box: Box, radius: float, fill: str, border: str = "", width: float = 2.5) -> None:
        """A rectangle with round corners."""
        if border:
            self.card((box[0] - width, box[1] - width, box[2] + width, box[3] + width), radius + width, border)
        mask = self._mask()
        edges = tuple(edge * self._scale for edge in box)
        ImageDraw.Draw(mask).rounded_rectangle(edges, radius * self._scale, fill=255)
        self._fill(mask, plain(fill))

    def arrow(self, points: list[Point], colour: str, width: float = 5) -> None:
        """A line with a head at its last point, which touches that point."""
        (x0, y0), (x, y) = points[-2:]
        angle = atan2(y - y0, x - x0)
        wings = [(x - 17 * cos(angle + turn), y - 17 * sin(angle + turn)) for turn in (-0.62, 0.62)]
        self.strokes([points, [wings[0], (x, y), wings[1]]], width, plain(colour))


def curve(start: Point, end: Point) -> list[Point]:
    """A line that leaves and arrives horizontally, straight at its end."""
    end, tip = (end[0] - 20, end[1]), end
    middle = (start[0] + end[0]) / 2
    line = []
    for step in range(61):
        t = step / 60
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        line.append(((a * start[0] + (b + c) * middle + d * end[0]), (a + b) * start[1] + (c + d) * end[1]))
    return [*line, tip]


def draw_person(picture: Picture, centre: Point) -> None:
    """Head and shoulders."""
    x, y = centre
    picture.ellipse((x - 29, y - 64, x + 29, y - 6), plain(INK))
    shoulders = arc((x, y + 60), 54, 180, 360)
    picture.polygon(shoulders, plain(INK))
    picture.strokes([[*shoulders, shoulders[0]]], 10, plain(INK))


def draw_speaker(picture: Picture, centre: Point) -> None:
    """A plain speaker, kin of the mark."""
    x, y = centre
    picture.polygon(superellipse(centre, (60, 64), 3.7), ("#8d88ad", "#5f5a80"))
    picture.ellipse((x - 42, y - 55, x + 42, y - 28), plain("#b9b5d2"))
    picture.ellipse((x - 13, y - 46, x + 13, y - 37), plain(WHITE), width=3)
    bars = [(-32, 8), (-16, 18), (0, 30), (16, 18), (32, 8)]
    picture.strokes([[(x + dx, y + 16 - half), (x + dx, y + 16 + half)] for dx, half in bars], 8, plain(WHITE))


def draw_cloud(picture: Picture, centre: Point) -> None:
    """A cloud."""
    x, y = centre
    colour = plain("#8fa9d6")
    picture.card((x - 76, y, x + 76, y + 54), 27, colour[0])
    picture.ellipse((x - 56, y - 36, x + 20, y + 40), colour)
    picture.ellipse((x - 10, y - 18, x + 56, y + 48), colour)


def draw_clock(picture: Picture, centre: Point, colour: str) -> None:
    """An alarm clock."""
    x, y = centre
    picture.strokes(
        [
            arc((x, y + 2), 24, 0, 360),
            [(x, y - 11), (x, y + 3), (x + 10, y + 9)],
            [(x - 29, y - 20), (x - 19, y - 29)],
            [(x + 29, y - 20), (x + 19, y - 29)],
        ],
        5.5,
        plain(colour),
    )


def draw_lamp(picture: Picture, centre: Point, colour: str) -> None:
    """A light bulb."""
    x, y = centre
    picture.strokes(
        [
            [(x - 9, y + 18), *arc((x, y - 8), 21, 122, 418), (x + 9, y + 18), (x - 9, y + 18)],
            [(x - 7, y + 29), (x + 7, y + 29)],
        ],
        5.5,
        plain(colour),
    )


def draw_spark(picture: Picture, centre: Point, colour: str) -> None:
    """The spark of the mark, and a small one."""
    x, y = centre
    picture.polygon(superellipse((x - 4, y + 3), (24, 29), 0.66), plain(colour), rounding=1.5)
    picture.polygon(superellipse((x + 22, y - 20), (9, 10), 0.66), plain(colour), rounding=1)


def draw_answers(picture: Picture, words: Words, source: Point) -> None:
    """The three who may answer, each with an arrow to it."""
    left, right, height, gap = 1062, 1560, 156, 29
    kinds = [
        (words.xiaoai, TEAL, "#e2f4f2", draw_clock),
        (words.home, AMBER, "#fdf1dc", draw_lamp),
        (words.gpt, VIOLET, "#ebe8ff", draw_spark),
    ]
    for number, (answer, colour, tint, draw_icon) in enumerate(kinds):
        top = 50 + number * (height + gap)
        middle = top + height / 2
        # A full-width quotation mark has half of its square empty: it hangs out to the left.
        hanging = 13 if words.face == SIMPLIFIED_CHINESE else 0
        picture.card((left, top, right, top + height), 26, WHITE, BORDER)
        picture.card((left + 22, middle - 44, left + 110, middle + 44), 24, tint)
        draw_icon(picture, (left + 66, middle), colour)
        picture.words((left + 132, middle - 40), answer.name, 32, colour, bold=True, anchor="lm")
        picture.words((left + 132, middle + 3), answer.uses, 25, INK, anchor="lm")
        picture.words((left + 132 - hanging, middle + 43), answer.example, 25, SOFT_INK, anchor="lm")
        picture.arrow(curve(source, (left - 14, middle)), colour)
    picture.ellipse((source[0] - 8, source[1] - 8, source[0] + 8, source[1] + 8), plain(VIOLET))


def draw_router(picture: Picture, words: Words, left: float, right: float, middle: float) -> None:
    """Home Assistant, and in it XiaoGPT, which decides."""
    centre = (left + right) / 2
    height = 290 + 38 * len(words.who) + 30 * len(words.how)
    top = middle - height / 2
    picture.card((left, top, right, top + height), 30, "#e9eef9", "#cfd9ee")
    picture.words((centre, top + 33), "Home Assistant", 25, INK, bold=True)
    picture.card((left + 16, top + 66, right - 16, top + height - 16), 22, WHITE)
    draw_mark(picture, LIGHT, (centre - 52, top + 86), 104)
    picture.words((centre, top + 218), "XiaoGPT", 28, VIOLET, bold=True)
    y = top + 264
    for line in words.who:
        picture.words((centre, y), line, 32, INK, bold=True)
        y += 38
    y += 4
    for line in words.how:
        picture.words((centre, y), line, 23, SOFT_INK)
        y += 30


def draw_way_back(picture: Picture, words: Words, start: Point, end: Point) -> None:
    """GPT's sentences, one after the other, on their way to the speaker."""
    y, radius = 655, 34
    path = [
        start,
        *arc((start[0] - radius, y - radius), radius, 0, 90),
        *arc((end[0] + radius, y - radius), radius, 90, 180),
        end,
    ]
    picture.arrow(path, VIOLET, 6)
    for x, sentence in zip((540, 775, 1010), words.sentences, strict=True):
        picture.card((x - 98, y - 29, x + 98, y + 29), 28, VIOLET, PAPER, width=10)
        picture.words((x, y - 1), sentence, 25, WHITE, bold=True)
    picture.words(((start[0] + end[0]) / 2, y + 62), words.back, 26, INK)


def draw_overview(words: Words) -> Picture:
    """The whole picture."""
    picture = Picture(words.face)
    picture.card((0, 0, WIDTH, HEIGHT), 36, PAPER)
    y = 313
    person, speaker, cloud = (128, y), (350, y), (574, y)
    router = (734, 974)

    picture.polygon([(102, 178), (154, 178), (128, 207)], plain(BORDER), rounding=3)
    picture.card((40, 70, 330, 180), 26, WHITE, BORDER)
    picture.polygon([(102, 177), (154, 177), (128, 205)], plain(WHITE), rounding=1)
    picture.words((185, 105), words.question[0], 25, INK)
    picture.words((185, 144), words.question[1], 25, INK)

    draw_person(picture, person)
    draw_speaker(picture, speaker)
    draw_cloud(picture, cloud)
    for (x, _), name in ((person, words.person), (speaker, words.speaker), (cloud, words.cloud)):
        picture.words((x, y + 104), name, 28, INK, bold=True)
    for start, end in ((204, 272), (426, 484), (664, router[0] - 14)):
        picture.arrow([(start, y), (end, y)], LINE)
    picture.words((454, y - 30), words.voice, 24, SOFT_INK)
    picture.words((690, y - 30), words.text, 24, SOFT_INK)

    draw_router(picture, words, *router, y)
    draw_answers(picture, words, (router[1], y))
    draw_way_back(picture, words, (1311, 588), (speaker[0], y + 140))
    return picture


def main() -> None:
    """Write the picture in both languages."""
    for font in (REGULAR, BOLD):
        if not font.exists():
            sys.exit(f"{font} is missing. On Debian and Ubuntu: apt-get install fonts-noto-cjk")
    TARGET.mkdir(parents=True, exist_ok=True)
    for words in (CHINESE, ENGLISH):
        draw_overview(words).save(TARGET / f"overview.{words.language}.png")


if __name__ == "__main__":
    main()
