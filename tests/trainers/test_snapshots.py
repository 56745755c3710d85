"""Snapshots are made in a process beside the training: one after the other, also after it was gone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.contract.archive import open_bundle
from tests.trainers import toys
from trainers.families import FAMILIES
from trainers.kit.checkpoint import Standing
from trainers.kit.device import Machine
from trainers.kit.export import run_graph
from trainers.kit.loop import to_floats
from trainers.kit.provenance import Opened, RunConfig
from trainers.kit.snapshots import Moment, Snapshots

pytestmark = pytest.mark.torch


@pytest.mark.slow
def test_bundles_have_the_weights_of_their_moment_and_a_lost_process_is_made_again(tmp_path: Path) -> None:
    config, pictures = toys.variational(), toys.pictures()
    learner = toys.learner(config)
    facts = RunConfig("vae", config, Machine())
    opened = Opened("discs", "Discs.", facts, learner, Standing(), pictures, pictures, "CPU")
    snapshots = Snapshots(FAMILIES["vae"].make_learner, FAMILIES["vae"].export, opened)
    try:
        wanted = {}
        for images in (8, 16):  # the second one is asked for when the process has nothing to do
            with torch.no_grad():
                for parameter in learner.averaged.parameters():
                    parameter.add_(0.01)
                wanted[images] = learner.averaged.encoder(to_floats(pictures.images, torch.device("cpu")))[0].numpy()
            snapshots.take(learner, Standing(images=images), tmp_path / f"{images}")
            assert snapshots.ready(wait=True) == [Moment(images, tmp_path / f"{images}")]
        for images, codes in wanted.items():
            bundle = open_bundle(tmp_path / f"{images}")
            assert bundle.verify() == []
            assert bundle.manifest.provenance.images_seen == images
            feeds = {"image": pictures.images.transpose(0, 3, 1, 2).astype(np.float32) / 255}
            np.testing.assert_allclose(run_graph(bundle.read("encoder.onnx"), feeds)[0], codes, atol=1e-4)

        snapshots._process.kill()
        snapshots.take(learner, replace(Standing(), images=24), tmp_path / "24")
        (lost,) = snapshots.ready(wait=True)
        assert (lost.images, lost.fault[:17]) == (24, "its process ended")
        snapshots.take(learner, replace(Standing(), images=32), tmp_path / "32")
        assert snapshots.ready(wait=True) == [Moment(32, tmp_path / "32")]
        assert snapshots.ready(wait=True) == []
    finally:
        snapshots.close()
