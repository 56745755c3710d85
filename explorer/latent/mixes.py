"""What a hand changes in a mix: how much a layer takes from whom. Column 0 is the point itself, sources follow."""

from explorer.latent.styles import Style

SNAP = 1e-4  # a share this near to nothing or to all is that

Row = tuple[float, ...]
Blend = tuple[Row, ...]


def shares_of(style: Style, layer: int) -> Row:
    """What the point itself and each source give to ``layer``; adds up to 1."""
    lent = [style.share(layer, source) for source in range(len(style.sources))]
    own = style.own(layer)
    total = own + sum(lent)
    return (own / total, *(share / total for share in lent))


def with_share(style: Style, layers: int, layer: int, column: int, share: float) -> Blend:
    """The blend in which ``column`` gives ``share`` to ``layer``; the others keep their proportions in what is left.

    What nobody else gave goes to the point itself, or to the first source where the point is the one that gives less.
    """
    row = list(shares_of(style, layer))
    share = min(max(share, 0.0), 1.0)
    others = 1.0 - row[column]
    if others > SNAP:
        row = [one * (1.0 - share) / others for one in row]
    else:
        row = [0.0] * len(row)
        heir = 0 if column else 1
        if heir < len(row):
            row[heir] = 1.0 - share
        else:
            share = 1.0
    row[column] = share
    return _replaced(style, layers, {layer: tuple(_snapped(one) for one in row)})


def with_layers(style: Style, layers: int, taken: tuple[int, ...], column: int) -> Blend:
    """The blend in which the layers ``taken`` are wholly of ``column``."""
    whole = tuple(1.0 if at == column else 0.0 for at in range(len(style.sources) + 1))
    return _replaced(style, layers, dict.fromkeys(taken, whole))


def without_source(style: Style, layers: int, column: int) -> Blend:
    """The blend when the source in ``column`` (1 or more) is taken out; what it gave goes to the point itself."""
    rows = [shares_of(style, layer) for layer in range(layers)]
    return _trimmed(tuple(row[1:column] + row[column + 1 :] for row in rows))


def _replaced(style: Style, layers: int, rows: dict[int, Row]) -> Blend:
    return _trimmed(tuple(rows.get(layer, shares_of(style, layer))[1:] for layer in range(layers)))


def _trimmed(blend: Blend) -> Blend:
    """Nothing at all where nothing is mixed, so that a mix taken back equals one that never was."""
    return blend if any(share for row in blend for share in row) else ()


def _snapped(share: float) -> float:
    return 0.0 if share < SNAP else 1.0 if share > 1.0 - SNAP else share
