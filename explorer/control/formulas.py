"""Every formula the app shows: how it is written, what its symbols mean, and the function that computes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from explorer.latent import bounds, directions, judgement, paths, styles
from explorer.samplers import diffusion, known


@dataclass(frozen=True)
class Symbol:
    """One symbol of a formula, as LaTeX, and what it stands for."""

    latex: str
    words: str


@dataclass(frozen=True)
class Formula:
    """A formula card without numbers; ``compute`` is the one function that the app uses for it everywhere."""

    key: str
    title: str
    latex: str
    compute: Callable[..., Any]
    symbols: tuple[Symbol, ...]
    source: str
    note: str = ""


@dataclass(frozen=True)
class Reading:
    """A formula card with the numbers of this moment: one text per symbol, and the result."""

    formula: Formula
    values: tuple[str, ...]
    result: str
    more: tuple[str, ...] = field(default=())  # further lines, such as the sum written out


_KINGMA = "Kingma and Welling (2014)"

FORMULAS = {
    formula.key: formula
    for formula in (
        Formula(
            "reconstruction",
            "How well the picture is restored",
            r"\log p(x\mid z)=-\frac{1}{2s^2}\sum_i(x_i-\hat x_i)^2-n\log\left(s\sqrt{2\pi}\right)",
            bounds.log_likelihood,
            (
                Symbol(r"\sum_i(x_i-\hat x_i)^2", "squared difference between the picture and what is restored of it"),
                Symbol("s", "standard deviation of the noise that the decoder assumes"),
                Symbol("n", "numbers in a picture"),
            ),
            f"{_KINGMA}, appendix C.2",
            "Squared error alone is this likelihood with one particular noise, constants left out.",
        ),
        Formula(
            "reconstruction_laplace",
            "How well the picture is restored",
            r"\log p(x\mid z)=-\frac1b\sum_i\left|x_i-\hat x_i\right|-n\log(2b)",
            bounds.log_likelihood,
            (
                Symbol(r"\sum_i\left|x_i-\hat x_i\right|", "difference between the picture and what is restored of it"),
                Symbol("b", "mean deviation that the decoder assumes"),
                Symbol("n", "numbers in a picture"),
            ),
            "The density of the Laplace distribution",
        ),
        Formula(
            "reconstruction_bernoulli",
            "How well the picture is restored",
            r"\log p(x\mid z)=\sum_i\left(x_i\log\hat x_i+(1-x_i)\log(1-\hat x_i)\right)",
            bounds.log_likelihood,
            (
                Symbol("x_i", "mean of the picture's numbers, each a chance of white"),
                Symbol(r"\hat x_i", "mean of the chances that the decoder gives"),
            ),
            f"{_KINGMA}, appendix C.1",
        ),
        Formula(
            "kl",
            "What the code costs",
            r"D_{KL}(q\,\Vert\,p)=\tfrac12\sum_j\left(\mu_j^2+\sigma_j^2-\log\sigma_j^2-1\right)",
            bounds.kl_per_dimension,
            (
                Symbol(r"\mu_j", "mean of the posterior, one number a dimension"),
                Symbol(r"\sigma_j", "its standard deviation"),
            ),
            f"{_KINGMA}, appendix B",
            "Zero where the posterior equals the prior: that dimension says nothing about the picture.",
        ),
        Formula(
            "elbo",
            "The bound that is trained",
            r"\mathrm{ELBO}=\mathbb E_{q(z\mid x)}\left[\log p(x\mid z)\right]-D_{KL}(q\,\Vert\,p)\;\le\;\log p(x)",
            bounds.evidence_bound,
            (
                Symbol(
                    r"\mathbb E_q\left[\log p(x\mid z)\right]", "reconstruction, averaged over samples of the posterior"
                ),
                Symbol(r"D_{KL}(q\,\Vert\,p)", "what the code costs"),
            ),
            f"{_KINGMA}, eq. 3",
        ),
        Formula(
            "beta",
            "Weighing the two",
            r"L_\beta=-\mathbb E_q\left[\log p(x\mid z)\right]+\beta\,D_{KL}(q\,\Vert\,p)",
            bounds.weighted_loss,
            (
                Symbol(r"\beta", "weight of the code's cost; 1 gives the bound"),
                Symbol(r"\mathbb E_q\left[\log p(x\mid z)\right]", "reconstruction"),
                Symbol(r"D_{KL}(q\,\Vert\,p)", "what the code costs"),
            ),
            "Higgins et al. (2017), eq. 4",
        ),
        Formula(
            "reparameterisation",
            "A sample of the posterior",
            r"z=\mu+\sigma\odot\epsilon,\qquad\epsilon\sim\mathcal N(0,I)",
            bounds.reparameterised,
            (
                Symbol(r"\mu", "mean"),
                Symbol(r"\sigma", "standard deviation"),
                Symbol(r"\epsilon", "standard normal noise"),
            ),
            f"{_KINGMA}, eq. 10",
            "The noise comes from outside, so gradients reach mean and deviation.",
        ),
        Formula(
            "iwae",
            "A tighter bound",
            r"\log\frac1L\sum_{l=1}^{L}\frac{p(x\mid z_l)\,p(z_l)}{q(z_l\mid x)}\;\le\;\log p(x)",
            bounds.importance_bound,
            (
                Symbol("L", "samples of the posterior"),
                Symbol(r"\log w_l", "logarithm of a sample's weight, smallest to largest"),
            ),
            "Burda et al. (2016), eq. 8",
            "The mean is taken inside the logarithm; the mean of the logarithms is the ELBO again.",
        ),
        Formula(
            "evidence",
            "The probability itself",
            r"\log p(x)=\log\int p(x\mid z)\,p(z)\,dz\approx\log\sum_{g}p(x\mid z_g)\,p(z_g)\,\Delta^2",
            bounds.grid_evidence,
            (Symbol(r"\Delta", "distance between two points of the grid"), Symbol("g", "points of the grid")),
            f"{_KINGMA}, eq. 1",
            "With two dimensions the integral can be a sum over a grid; with more it cannot.",
        ),
        Formula(
            "slerp",
            "A path that keeps the norm",
            r"z(t)=\frac{\sin((1-t)\,\omega)}{\sin\omega}\,a+\frac{\sin(t\,\omega)}{\sin\omega}\,b",
            paths.slerp,
            (Symbol(r"\omega", "angle between the two ends"), Symbol("t", "share of the way")),
            "Shoemake (1985); White (2016)",
        ),
        Formula(
            "truncation",
            "Towards the mean",
            r"w'=\bar w+\psi\,(w-\bar w)",
            styles.truncated,
            (
                Symbol(r"\psi", "how far from the mean: 0 is the mean picture, 1 the point itself"),
                Symbol(r"\left\Vert w-\bar w\right\Vert", "distance of the point's style from the mean"),
                Symbol(r"\bar w", "mean of w over many seeds; its length"),
            ),
            "Karras et al. (2019), appendix B",
            "Less variety for better pictures: near the mean the generator saw most examples.",
        ),
        Formula(
            "critic",
            "From a score to a chance",
            r"P(\mathrm{real}\mid x)=\frac{1}{1+e^{-s(x)}}",
            judgement.chance,
            (Symbol("s(x)", "score of the picture: above 0 it looks rather real, below 0 rather made"),),
            "Goodfellow et al. (2014), section 4",
            "Both networks learned against each other: where the generator is as good as the data, the critic can only "
            "guess, and says 50 %.",
        ),
        Formula(
            "saliency",
            "Where it looks",
            r"M_{ij}=\max_c\left|\frac{\partial s(x)}{\partial x_{cij}}\right|",
            judgement.saliency,
            (
                Symbol("s(x)", "score of the picture"),
                Symbol("M_{ij}", "how much the score changes with the pixel of row i, column j; the largest one"),
            ),
            "Simonyan et al. (2014), section 3.1",
            "A pixel that matters is not yet a fault: the gradient says where, not whether brighter or darker.",
        ),
        Formula(
            "forward",
            "A picture under noise",
            r"x_t=\sqrt{\bar\alpha_t}\,x_0+\sqrt{1-\bar\alpha_t}\,\epsilon,\qquad\epsilon\sim\mathcal N(0,I)",
            diffusion.Schedule.at,
            (
                Symbol(r"\bar\alpha_t", "share of the signal's power that is left at this step"),
                Symbol(r"\left\Vert x_t\right\Vert_{rms}", "size of what comes in, root mean square"),
                Symbol("t", "the step, from 0 at the picture upwards"),
            ),
            "Ho et al. (2020), eq. 4",
            "Any step can be reached at once, without those before it: this is what training uses.",
        ),
        Formula(
            "snr",
            "Signal against noise",
            r"\mathrm{SNR}(t)=\frac{\bar\alpha_t}{1-\bar\alpha_t}",
            diffusion.Schedule.at,
            (Symbol(r"\bar\alpha_t", "share of the signal's power"),),
            "Kingma et al. (2021), eq. 1",
            "At 1 both are equally strong; shapes are decided before, details after.",
        ),
        Formula(
            "guidance",
            "Classifier-free guidance",
            r"\tilde\epsilon=\epsilon_\varnothing+w\,(\epsilon_c-\epsilon_\varnothing)",
            diffusion.guided,
            (
                Symbol("w", "guidance weight at this step: 0 ignores the condition, 1 follows it, more exaggerates"),
                Symbol(r"\left\Vert\epsilon_c\right\Vert_{rms}", "size of what is predicted with the condition"),
                Symbol(
                    r"\left\Vert\epsilon_c-\epsilon_\varnothing\right\Vert_{rms}",
                    "how far the condition moves the prediction",
                ),
            ),
            "Ho and Salimans (2022), eq. 6, where w is one less",
            "It is linear, so it may be applied to whatever the network predicts.",
        ),
        Formula(
            "ddim",
            "A step of DDIM",
            r"x_s=\sqrt{\bar\alpha_s}\;\hat x_0+\sqrt{1-\bar\alpha_s}\;\hat\epsilon",
            diffusion.sample,
            (
                Symbol(r"\sqrt{\bar\alpha_s}", "signal at the next step"),
                Symbol(r"\sqrt{1-\bar\alpha_s}", "noise at the next step"),
            ),
            "Song et al. (2021), eq. 12",
            "No fresh noise: the same noise gives the same picture. It is Euler's method in x / √ᾱ.",
        ),
        Formula(
            "ddpm",
            "A step with fresh noise",
            r"x_s=\sqrt{\bar\alpha_s}\,\hat x_0+\sqrt{1-\bar\alpha_s-\sigma^2}\,\hat\epsilon+\sigma z,"
            r"\quad\sigma=\eta\sqrt{\tfrac{1-\bar\alpha_s}{1-\bar\alpha_t}\left(1-\tfrac{\bar\alpha_t}{\bar\alpha_s}\right)}",
            diffusion.sample,
            (
                Symbol(r"\sqrt{\bar\alpha_s}", "signal at the next step"),
                Symbol(r"\sqrt{1-\bar\alpha_s}", "noise at the next step"),
                Symbol(r"\eta", "how much of the noise is fresh: 1 is the ancestral step of DDPM"),
            ),
            "Song et al. (2021), eq. 12 and 16; Ho et al. (2020), algorithm 2",
        ),
        Formula(
            "sdedit",
            "A picture to begin with",
            r"x_{t_0}=\sqrt{\bar\alpha_{t_0}}\,x+\sqrt{1-\bar\alpha_{t_0}}\,\epsilon",
            known.Known.start,
            (
                Symbol("x", "the picture that was taken"),
                Symbol(r"\epsilon", "the noise that is the code"),
                Symbol("t_0", "where the way begins: the strength says how far into the noise"),
            ),
            "Meng et al. (2022), arXiv:2108.01073, algorithm 1",
            "Less noise keeps more of the picture; at strength 1 nothing is left of it.",
        ),
        Formula(
            "repaint",
            "What has to stay",
            r"x_t\leftarrow m\odot x_t+(1-m)\odot\left(\sqrt{\bar\alpha_t}\,x+\sqrt{1-\bar\alpha_t}\,\epsilon\right)",
            known.Known.held,
            (
                Symbol("m", "share of the picture that is painted, where m is 1 and the model fills"),
                Symbol("x", "the picture that was taken"),
            ),
            "Lugmayr et al. (2022), arXiv:2201.09865, eq. 8",
            "Before every network call, under as much noise; here the noise is always that of the code.",
        ),
        Formula(
            "euler",
            "A step of Euler",
            r"x_s=x_t+(s-t)\left(\dot a_t\,\hat x_0+\dot s_t\,\hat\epsilon\right)",
            diffusion.sample,
            (
                Symbol(r"\dot a_t", "how fast the signal √ᾱ changes at this step, per unit of t"),
                Symbol(r"\dot s_t", "how fast the noise √(1−ᾱ) does"),
                Symbol("s-t", "how far the step goes"),
            ),
            "Song et al. (2021), arXiv:2011.13456, eq. 13",
            "The probability-flow ODE in x and t themselves; DDIM is Euler's step in x / √ᾱ over σ instead.",
        ),
        Formula(
            "heun",
            "A step of Heun",
            r"\frac{x_s}{\sqrt{\bar\alpha_s}}=\frac{x_t}{\sqrt{\bar\alpha_t}}"
            r"+\tfrac12(\sigma_s-\sigma_t)\left(\hat\epsilon_t+\hat\epsilon_s\right)",
            diffusion.sample,
            (
                Symbol(r"\sigma_t", "noise per signal at this step"),
                Symbol(r"\sigma_s", "noise per signal at the next step"),
            ),
            "Karras et al. (2022), algorithm 1",
            "The mean of the slopes at both ends: two network calls, and an error that shrinks with the square.",
        ),
        Formula(
            "dpm",
            "A step of DPM-Solver++(2M)",
            r"x_s=\frac{\sigma_s}{\sigma_t}x_t-\alpha_s\left(e^{-h}-1\right)\left[\left(1+\tfrac1{2r}\right)\hat x_0(t)"
            r"-\tfrac1{2r}\hat x_0(t')\right]",
            diffusion.sample,
            (
                Symbol(r"\alpha_s", "signal at the next step"),
                Symbol("h", "how far the logarithm of signal per noise moves"),
            ),
            "Lu et al. (2022), arXiv:2211.01095, algorithm 2",
            "It remembers the clean estimate of the step before, so one network call is enough for second order.",
        ),
        Formula(
            "pca",
            "Principal axes",
            r"\frac{1}{N-1}\sum_n(z_n-\bar z)(z_n-\bar z)^{\top}=\sum_k\lambda_k\,v_k v_k^{\top}",
            directions.principal_axes,
            (Symbol(r"\lambda_k", "variance along axis k"), Symbol("v_k", "axis k, of unit length")),
            "Pearson (1901)",
        ),
    )
}
