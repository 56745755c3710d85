"""A bundle of an untrained denoiser by the trainers' own network and export, told several attributes at once."""

from pathlib import Path
from typing import Any

import numpy as np

from explorer.contract import manifest as m
from explorer.contract.archive import pack_arrays, save_bundle
from tests.graphs import png_bytes
from trainers.diffusion.config import UNetArchitecture
from trainers.diffusion.schedule import alphas_bar
from trainers.diffusion.unet import NULL, UNet
from trainers.kit.export import export_graph

TINY = UNetArchitecture(width=8, widest=16, halvings=2, blocks=1, attention=8)


def untrained_faces(path: Path, attributes: tuple[m.Attribute, ...], size: int = 16, steps: int = 100) -> Path:
    """Colour, ``size`` px, random weights; every attribute may be left open."""
    import torch

    torch.manual_seed(0)
    network = UNet(TINY, size, 3, tuple(len(each.values) for each in attributes)).eval()
    for layer in network.modules():  # branches begin at zero: without this the network would say nothing
        if isinstance(layer, torch.nn.Conv2d) and not layer.weight.any():
            torch.nn.init.normal_(layer.weight, std=0.05)
    levels = alphas_bar("cosine", steps)
    shape, labels = (None, 3, size, size), len(attributes)
    picture = m.ImageMeaning(channels=3, height=size, width=size, value_range=(-1.0, 1.0))
    exported = export_graph(
        network,
        "denoiser",
        (
            m.Port(name="x", shape=shape, meaning=picture),
            m.Port(name="step", shape=(None,), meaning=m.TimestepMeaning()),
            m.Port(name="label", dtype="int64", shape=(None, labels), meaning=m.LabelMeaning()),
        ),
        (m.Port(name="predicted", shape=shape, meaning=m.NumberMeaning(of="v")),),
    )
    facts: dict[str, Any] = {
        "name": "untrained faces",
        "family": "diffusion",
        "description": "A denoiser with random weights that is told attributes.",
        "licence": "Apache-2.0",
        "provenance": m.Provenance(producer="tests"),
        "graphs": (exported.graph,),
        "attributes": attributes,
        "diffusion": m.Diffusion(
            parameterisation="v",
            alphas_bar=m.Array(file="schedule.npz", key="alphas_bar"),
            steps=steps,
            null_label=NULL,
        ),
    }
    files = {
        **exported.files,
        "schedule.npz": pack_arrays({"alphas_bar": levels.astype(np.float32)}),
        "preview.png": png_bytes(np.zeros((8, 8, 3), np.uint8)),
    }
    return save_bundle(path, facts, files).path
