"""Which instruments a model can answer: asked of its capabilities, never of its family."""

from explorer.models.capabilities import Model

ALWAYS = frozenset({"sliders", "card"})
DECODING = frozenset({"map", "directions", "arithmetic", "prior"})
ENCODING = frozenset({"encode"})


def answered(model: Model | None) -> frozenset[str]:
    """The names of the instruments that make sense for a model; all of them while there is none."""
    keys = ALWAYS
    if model is None or model.decodes is not None:
        keys |= DECODING
    if model is None or (model.decodes is not None and model.encodes is not None):
        keys |= ENCODING
    return keys
