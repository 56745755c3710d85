"""Makes a bundle of a trained classifier: one graph that gives logits and features, and a card."""

from pathlib import Path
from typing import Any

from explorer.contract import manifest as m
from explorer.contract.archive import save_bundle
from trainers.classifiers.network import Classifier
from trainers.kit.card import licence_text, write_card
from trainers.kit.export import Exported, export_graph
from trainers.kit.provenance import Opened, provenance
from trainers.kit.stores import label_facts

LICENCE = "Apache-2.0"


def export(run: Opened, target: Path, *, whole: bool) -> Path:
    """Write the bundle; with ``whole`` the card as well. Its accuracy is measured by ``evaluate``.

    Raises:
        ParityError: the graph does not compute what the module does. CannotWrite: no space, no right.
    """
    model = run.learner.averages["classifier"].module
    assert isinstance(model, Classifier)
    graph = _graph(model, run)
    facts = _facts(run, graph)
    files = {**graph.files, "LICENSE": licence_text(LICENCE, run.train).encode()}
    if whole:
        files["CARD.md"] = write_card(facts, [], [_paragraph(model)]).encode()
    save_bundle(target, facts, files)
    return target


def _graph(model: Classifier, run: Opened) -> Exported:
    _, height, width, channels = run.train.images.shape
    image = m.ImageMeaning(channels=channels, height=height, width=width)
    logits = m.Port(name="logits", shape=(None, sum(model.heads)), meaning=m.NumberMeaning(of="logits"))
    features = m.NumberMeaning(of="features")
    return export_graph(
        model,
        "classifier",
        (m.Port(name="image", shape=(None, channels, height, width), meaning=image),),
        (logits, m.Port(name="features", shape=(None, model.logits.in_features), meaning=features)),
    )


def _facts(run: Opened, graph: Exported) -> dict[str, Any]:
    return {
        "name": run.name,
        "family": run.facts.family,
        "description": run.description,
        "licence": LICENCE,
        "data_licence": run.train.licence,
        "credit": f"Trained on {run.train.name}: {run.train.credit}",
        "provenance": provenance(run),
        "graphs": (graph.graph,),
        "spaces": (),
        **label_facts(run.train),
    }


def _paragraph(model: Classifier) -> str:
    parameters = sum(parameter.numel() for parameter in model.parameters())
    heads = "one head" if len(model.heads) == 1 else f"{len(model.heads)} heads, one for each attribute"
    return (
        f"{parameters / 1e6:.2f} million parameters, {heads}. The {model.logits.in_features} features before the last "
        "layer are what other models are measured in: distances in them compare with each other, and with nothing else."
    )
