"""Makes the models that custom_components/xiao_gpt/routing ships, and the report about them."""

from importlib.util import find_spec
from pathlib import Path
import sys
from types import ModuleType

if find_spec("homeassistant") is None:
    # routing/ needs no Home Assistant, its parent package does; this environment has none.
    _bare = ModuleType("custom_components.xiao_gpt")
    _bare.__path__ = [str(Path(__file__).parent.parent / "custom_components" / "xiao_gpt")]
    sys.modules[_bare.__name__] = _bare
