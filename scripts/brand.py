"""Draw the brand: a smart speaker whose sound wave becomes a spark, alone and beside the name.

Usage: .venv/bin/python scripts/brand.py
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import copysign, cos, pi, radians, sin
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

TARGET = Path(__file__).parent.parent / "custom_components" / "xiao_gpt" / "brand"
ICON_SIZE = 256
LOGO_HEIGHT = 160

type Point = tuple[float, float]
type Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Theme:
    """The colours for one background; a pair is a gradient from top to bottom."""

    prefix: str
    body: tuple[str, str]
    top: tuple[str, str]
    bars: tuple[str, str]
    spark: tuple[str, str]
    xiao: tuple[str, str]
    gpt: tuple[str, str]


LIGHT = Theme(
    prefix="",
    body=("#7a63ff", "#3a28bd"),
    top=("#a898ff", "#7f6cf5"),
    bars=("#ffffff", "#e9e5ff"),
    spark=("#ffe08a", "#ffa53a"),
    xiao=("#231a5e", "#231a5e"),
    gpt=("#7a63ff", "#4a37d4"),
)
DARK = Theme(
    prefix="dark_",
    body=("#9482ff", "#5340e0"),
    top=("#c3b8ff", "#9d8dff"),
    bars=("#ffffff", "#f0edff"),
    spark=("#ffe594", "#ffb04d"),
    xiao=("#ffffff", "#ffffff"),
    gpt=("#b5a8ff", "#8f7cff"),
)


class Drawing:
    """A transparent picture in units of its own, drawn large and scaled down to smooth every edge."""

    def __init__(self, width: float, height: float, pixels_per_unit: float = 1, oversampling: int = 6) -> None:
        self._oversampling = oversampling
        self._scale = pixels_per_unit * oversampling
        size = (round(width * pixels_per_unit) * oversampling, round(height * pixels_per_unit) * oversampling)
        self._image = Image.new("RGBA", size)

    def polygon(self, points: Sequence[Point], colours: tuple[str, str], rounding: float = 0) -> None:
        """Fill a polygon, grown by `rounding` so that its corners become round."""
        mask = self._mask()
        draw = ImageDraw.Draw(mask)
        draw.polygon([(x * self._scale, y * self._scale) for x, y in points], fill=255)
        self._dots(draw, points, rounding)
        self._fill(mask, colours)

    def ellipse(self, box: Box, colours: tuple[str, str], width: float = 0) -> None:
        """Fill an ellipse, or draw its rim where a width is given."""
        mask = self._mask()
        pixels = tuple(edge * self._scale for edge in box)
        if width:
            ImageDraw.Draw(mask).ellipse(pixels, outline=255, width=round(width * self._scale))
        else:
            ImageDraw.Draw(mask).ellipse(pixels, fill=255)
        self._fill(mask, colours)

    def strokes(self, lines: Iterable[Sequence[Point]], width: float, colours: tuple[str, str]) -> None:
        """Draw lines with round ends and joints, under one gradient."""
        mask = self._mask()
        draw = ImageDraw.Draw(mask)
        for line in lines:
            draw.line([(x * self._scale, y * self._scale) for x, y in line], fill=255, width=round(width * self._scale))
            self._dots(draw, line, width / 2)
        self._fill(mask, colours)

    def save(self, path: Path) -> None:
        """Write the picture in its final size."""
        self._image.reduce(self._oversampling).save(path, optimize=True)

    def _mask(self) -> Image.Image:
        return Image.new("L", self._image.size)

    def _dots(self, draw: ImageDraw.ImageDraw, points: Iterable[Point], radius: float) -> None:
        if radius:
            for x, y in points:
                draw.circle((x * self._scale, y * self._scale), radius * self._scale, fill=255)

    def _fill(self, mask: Image.Image, colours: tuple[str, str]) -> None:
        box = mask.getbbox()
        if box is None:
            return
        size = (box[2] - box[0], box[3] - box[1])
        layer = ImageOps.colorize(Image.linear_gradient("L").resize(size), *colours).convert("RGBA")
        layer.putalpha(mask.crop(box))
        self._image.alpha_composite(layer, dest=box[:2])


def superellipse(centre: Point, radii: Point, exponent: float) -> list[Point]:
    """|x|^n + |y|^n = 1: above 2 a soft square, below 1 a four-pointed star."""

    def axis(value: float) -> float:
        return copysign(abs(value) ** (2 / exponent), value)

    angles = [2 * pi * step / 1440 for step in range(1440)]
    return [(centre[0] + radii[0] * axis(cos(a)), centre[1] + radii[1] * axis(sin(a))) for a in angles]


def arc(centre: Point, radius: float, start: float, end: float) -> list[Point]:
    """Points on a circle between two angles in degrees, clockwise from the right."""
    steps = max(2, round(abs(end - start)))
    angles = [radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(centre[0] + radius * cos(a), centre[1] + radius * sin(a)) for a in angles]


def draw_mark(drawing: Drawing, theme: Theme, origin: Point, size: float) -> None:
    """The speaker in the square that has this upper left corner and this size."""
    unit = size / 512

    def at(x: float, y: float) -> Point:
        return origin[0] + x * unit, origin[1] + y * unit

    def box(x0: float, y0: float, x1: float, y1: float) -> Box:
        return (*at(x0, y0), *at(x1, y1))

    drawing.polygon(superellipse(at(256, 256), (240 * unit, 256 * unit), 3.7), theme.body)
    drawing.ellipse(box(88, 34, 424, 142), theme.top)
    drawing.ellipse(box(200, 66, 312, 106), theme.bars, width=10 * unit)
    bars = [(82, 34), (146, 78), (366, 78), (430, 34)]
    drawing.strokes([[at(x, 312 - half), at(x, 312 + half)] for x, half in bars], 36 * unit, theme.bars)
    drawing.polygon(superellipse(at(256, 312), (76 * unit, 139 * unit), 0.65), theme.spark, rounding=5.5 * unit)


@dataclass(frozen=True)
class Letter:
    """The centre lines of a letter whose capitals are 100 high, the width they take and the gap before them."""

    lines: list[list[Point]]
    width: float
    gap: float


STROKE = 19
XIAO = [
    Letter([[(0, 0), (72, 100)], [(72, 0), (0, 100)]], 72, 0),
    Letter([[(0, 30), (0, 100)]], 0, 36),
    Letter([arc((35, 65), 35, 0, 360), [(70, 30), (70, 100)]], 70, 37),
    Letter([arc((35, 65), 35, 0, 360)], 70, 34),
]
GPT = [
    Letter([[*arc((50, 50), 50, -42, -360), (56, 50)]], 100, 36),
    Letter([[(0, 100), (0, 0), *arc((34, 29), 29, -90, 90), (0, 58)]], 63, 38),
    Letter([[(0, 0), (76, 0)], [(38, 0), (38, 100)]], 76, 26),
]


def draw_name(drawing: Drawing, theme: Theme, left: float, top: float, height: float) -> None:
    """The name "XiaoGPT" with capitals of this height, the dot of its i a spark."""
    unit = height / (100 + STROKE)
    pen = left + STROKE / 2 * unit
    baseline = top + STROKE / 2 * unit
    for letters, colours in ((XIAO, theme.xiao), (GPT, theme.gpt)):
        lines = []
        for letter in letters:
            pen += letter.gap * unit
            lines += [[(pen + x * unit, baseline + y * unit) for x, y in line] for line in letter.lines]
            if letter.width == 0:
                dot = superellipse((pen, baseline - 4 * unit), (16 * unit, 18 * unit), 0.72)
            pen += letter.width * unit
        drawing.strokes(lines, STROKE * unit, colours)
    drawing.polygon(dot, theme.spark, rounding=1.5 * unit)


def name_width(height: float) -> float:
    """How wide `draw_name` draws."""
    return (sum(letter.gap + letter.width for letter in XIAO + GPT) + STROKE) * height / (100 + STROKE)


def main() -> None:
    """Write every picture of the brand."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for theme in (LIGHT, DARK):
        for factor, suffix in ((1, ""), (2, "@2x")):
            icon = Drawing(ICON_SIZE, ICON_SIZE, factor)
            draw_mark(icon, theme, (0, 0), ICON_SIZE)
            icon.save(TARGET / f"{theme.prefix}icon{suffix}.png")

            # The square of the mark has a margin left and right; the logo is trimmed.
            margin, name_left, height = LOGO_HEIGHT / 32, LOGO_HEIGHT * 1.09, LOGO_HEIGHT * 0.43
            logo = Drawing(name_left + name_width(height), LOGO_HEIGHT, factor)
            draw_mark(logo, theme, (-margin, 0), LOGO_HEIGHT)
            draw_name(logo, theme, name_left, (LOGO_HEIGHT - height) / 2, height)
            logo.save(TARGET / f"{theme.prefix}logo{suffix}.png")


if __name__ == "__main__":
    main()
