"""From a stream of text to the mouth of a speaker: where to cut, what to say, when to go on."""

from .clock import Clock
from .ending import Ending
from .narration import Narration, NarrationError, Player, Reader
from .pacing import SpeechRate
from .sound import Sound
from .speakable import speakable
from .splitter import Splitter
from .talk import Spoken, Talk, Voice

__all__ = [
    "Clock",
    "Ending",
    "Narration",
    "NarrationError",
    "Player",
    "Reader",
    "Sound",
    "SpeechRate",
    "Splitter",
    "Spoken",
    "Talk",
    "Voice",
    "speakable",
]
