"""The picture of a captcha."""

import io
import random

from PIL import Image, ImageDraw, ImageFont

_WIDTH, _HEIGHT = 160, 60


def draw(text: str) -> bytes:
    """Return a JPEG that a person can read."""
    image = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=36)
    step = _WIDTH / (len(text) + 1)
    for place, letter in enumerate(text):
        at = (step * (place + 0.6), random.randint(4, 14))
        pen.text(at, letter, fill=(random.randint(0, 120), random.randint(0, 120), random.randint(0, 120)), font=font)
    for _ in range(5):
        ends = [(random.randint(0, _WIDTH), random.randint(0, _HEIGHT)) for _ in range(2)]
        pen.line(ends, fill=(120, 120, 160), width=1)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()
