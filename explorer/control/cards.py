"""Formula cards with the numbers of this moment: what the encoded picture gives for each symbol."""

import math

import numpy as np

from explorer.control.encode import Encoding, Weights
from explorer.control.formulas import FORMULAS, Reading
from explorer.latent.bounds import evidence_bound, importance_bound, reparameterised, weighted_loss

DIGITS = 1  # of nats
BETA = 4.0  # shown beside 1 where a beta is asked for: what the weight would do to this picture


def readings(encoding: Encoding, beta: float = BETA) -> tuple[Reading, ...]:
    """The cards that this picture and model can fill; in the order in which a lecture would come to them."""
    if encoding.log_variance is None or encoding.kl_nats is None:
        return ()
    cards = [_sample(encoding)]
    kl = round(float(encoding.kl_nats.sum()), DIGITS)  # sums are written out: they must add up as they are shown
    cards.append(_kl(encoding, kl))
    weights = encoding.weights
    if weights is None:
        return tuple(cards)
    reconstruction = round(float(weights.log_likelihoods.mean()), DIGITS)
    elbo = evidence_bound(reconstruction, kl)
    tight = importance_bound(weights.log_weights)
    cards.insert(0, _restored(encoding, weights, reconstruction))
    cards.append(
        Reading(
            FORMULAS["elbo"],
            (f"{reconstruction:,.1f}", f"{kl:.1f}"),
            f"{elbo:,.1f} nats",
            (f"{elbo:,.1f} = {reconstruction:,.1f} − {kl:.1f}",),
        )
    )
    loss = weighted_loss(reconstruction, kl, beta)
    cards.append(
        Reading(
            FORMULAS["beta"],
            (f"{beta:g}", f"{reconstruction:,.1f}", f"{kl:.1f}"),
            f"{loss:,.1f} nats",
            (f"{loss:,.1f} = {-reconstruction:,.1f} + {beta:g} · {kl:.1f}; with 1 it is {-elbo:,.1f}",),
        )
    )
    logs = weights.log_weights
    cards.append(
        Reading(
            FORMULAS["iwae"],
            (f"{len(logs)}", f"{logs.min():,.1f} to {logs.max():,.1f}"),
            f"{tight:,.1f} nats",
            (f"The mean of the logarithms is {logs.mean():,.1f}, looser by {tight - logs.mean():.1f} nats.",),
        )
    )
    return tuple(cards)


def _restored(encoding: Encoding, weights: Weights, reconstruction: float) -> Reading:
    """With the formula of the model's own likelihood; its sum is what gives the mean over the samples."""
    stated, n = weights.likelihood, encoding.picture.size
    mean = float(weights.log_likelihoods.mean())
    match stated.kind:
        case "gaussian":
            key = "reconstruction"
            misfit = -2 * stated.scale**2 * (mean + n * math.log(stated.scale * math.sqrt(2 * math.pi)))
            values = (f"{misfit:.3g}", f"{stated.scale:.3g}", f"{n:,}")
        case "laplace":
            key = "reconstruction_laplace"
            misfit = -stated.scale * (mean + n * math.log(2 * stated.scale))
            values = (f"{misfit:.3g}", f"{stated.scale:.3g}", f"{n:,}")
        case "bernoulli":
            key = "reconstruction_bernoulli"
            values = (f"{encoding.picture.mean() / 255:.3f}", f"{encoding.restored.mean() / 255:.3f}")
    words = f"{stated.words}; the mean over {len(weights.log_likelihoods)} samples of the posterior."
    return Reading(FORMULAS[key], values, f"{reconstruction:,.1f} nats", (words,))


def _sample(encoding: Encoding) -> Reading:
    assert encoding.log_variance is not None and encoding.kl_nats is not None
    j = int(np.argmax(encoding.kl_nats))
    deviation = float(np.exp(0.5 * encoding.log_variance[j]))
    noise = float(encoding.noise[0, j])
    z = float(reparameterised(encoding.mean, encoding.log_variance, encoding.noise[:1])[0, j])
    return Reading(
        FORMULAS["reparameterisation"],
        (f"{encoding.mean[j]:+.2f}", f"{deviation:.3f}", f"{noise:+.2f}"),
        f"z{j} = {z:+.2f}",
        (f"{z:+.2f} = {encoding.mean[j]:+.2f} + {deviation:.3f} · ({noise:+.2f}), the dimension that says most.",),
    )


def _kl(encoding: Encoding, kl: float) -> Reading:
    assert encoding.log_variance is not None and encoding.kl_nats is not None
    j = int(np.argmax(encoding.kl_nats))
    deviation = float(np.exp(0.5 * encoding.log_variance[j]))
    return Reading(
        FORMULAS["kl"],
        (f"z{j}: {encoding.mean[j]:+.2f}", f"z{j}: {deviation:.3f}"),
        f"{kl:.1f} nats",
        (f"z{j} alone costs {encoding.kl_nats[j]:.2f} nats; {len(encoding.mean)} dimensions together {kl:.1f}.",),
    )
