"""Charts drawn by matplotlib as SVG that stands in a page: the page's fonts, and its colours in light and dark."""

import io
import re
from collections.abc import Callable
from typing import Any, Final
from xml.etree import ElementTree

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS: Final = {
    "--ink": "#1c1c1a",
    "--quiet": "#5c5c57",
    "--line": "#d9d9d3",
    "--alarm": "#b34700",
    "--c1": "#0072b2",
    "--c2": "#009e73",
    "--c4": "#b07a00",
}
"""What is drawn in these colours follows the style sheet's variables of these names."""
_VARIABLES: Final = {colour: f"var({name})" for name, colour in COLOURS.items()}
_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "foreworn",
    "text.parse_math": False,  # names that devices gave may hold a dollar sign
    "font.size": 12,
    "text.color": COLOURS["--ink"],
    "axes.edgecolor": COLOURS["--quiet"],
    "axes.labelcolor": COLOURS["--quiet"],
    "axes.linewidth": 1,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": COLOURS["--quiet"],
    "ytick.color": COLOURS["--quiet"],
    "legend.frameon": False,
    "lines.linewidth": 1.5,
}
_NO_METADATA: Final = {"Date": None, "Creator": None, "Format": None, "Type": None}
_POINT: Final = 72.0
_LINK: Final = "{http://www.w3.org/1999/xlink}href"


def drawn(name: str, told: str, draw: Callable[[Axes], None], *, width: int = 432, height: int = 256) -> Markup:
    """Return what `draw` puts on the axes as inline SVG.

    Parameters
    ----------
    name
        Sets the ids of this drawing apart from those of the page's others.
    told
        What the chart shows, for who does not see it.
    width, height
        In CSS pixels, at most; a narrow page shows it smaller.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        figure = Figure(figsize=(width / _POINT, height / _POINT), dpi=_POINT, layout="constrained")
        draw(figure.add_subplot())
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata=_NO_METADATA)
    return _inlined(ElementTree.fromstring(out.getvalue()), name, told)


def _inlined(root: ElementTree.Element, name: str, told: str) -> Markup:
    for parent in list(root.iter()):
        for child in list(parent):
            # a style sheet in an inline drawing would style the whole page
            if child.tag.endswith(("}style", "}metadata")):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {key.rpartition("}")[2]: _attribute(key, value, name) for key, value in element.items()}
    box = root.get("viewBox", "").split()
    root.attrib = {"viewBox": " ".join(box), "role": "img", "aria-label": told, "class": "chart"}
    root.set("style", f"max-width: {float(box[2]):.0f}px")
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _attribute(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == _LINK:
        return f"#{name}-{value[1:]}"
    if key == "clip-path":
        return value.replace("#", f"#{name}-")
    return _in_variables(value) if key == "style" else value


def _in_variables(style: str) -> str:
    """Let the page choose the font, and its variables the colours."""
    kept = re.sub(r"font-family:[^;]*(; )?", "", style)
    kept = re.sub(r"font: ([\d.]+)px [^;]*", r"font-size: \1px", kept)
    return re.sub(r"#[0-9a-f]{6}", lambda found: _VARIABLES.get(found[0], found[0]), kept)
