"""Which instruments a model can answer: asked of its capabilities, never of its family."""

from explorer.models.capabilities import Model
from explorer.models.critic import can_judge

ALWAYS = frozenset({"card", "layers"})
DECODING = frozenset({"directions", "grid", "arithmetic"})
FLAT = frozenset({"map", "sliders"})  # what shows the numbers of a code one by one, or on a plane
POSTERIOR = frozenset({"prior"})  # what compares the prior with where the encoder puts pictures
ENCODING = frozenset({"encode"})
JUDGING = frozenset({"critic"})
STYLES = frozenset({"mixing", "seeds"})
UNFOLDING = frozenset({"trajectory", "guidance", "variations", "branches", "retouch", "seeds"})


def answered(model: Model | None) -> frozenset[str]:
    """The names of the instruments that make sense for a model; those of a plain decoder while there is none."""
    if model is None:
        return ALWAYS | DECODING | FLAT | POSTERIOR | ENCODING
    if model.decodes is None:
        return ALWAYS | {"sliders"}
    if model.translates:
        return ALWAYS | ENCODING
    if model.unfolds is not None:
        return ALWAYS | UNFOLDING | ENCODING if model.encodes is not None else ALWAYS | UNFOLDING - {"retouch"}
    keys = ALWAYS | DECODING
    if model.flat:
        keys |= FLAT
    keys |= POSTERIOR if model.styles is None else STYLES
    if any(view.encodes is not None for view in (model, *model.views.values())):
        keys |= ENCODING
    return keys | JUDGING if can_judge(model) else keys
