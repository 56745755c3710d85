"""What is known of an exported pipeline before any graph of it is opened; plain values, no onnx."""

from typing import Literal

from pydantic import Field

from explorer.contract.manifest import Suggested
from explorer.contract.ports import Frozen

UNET, DECODER, ENCODER, TEXT, TEXT_2 = "unet", "vae_decoder", "vae_encoder", "text_encoder", "text_encoder_2"
ROLES = {UNET: "denoiser", DECODER: "decoder", ENCODER: "encoder", TEXT: "text_encoder", TEXT_2: "text_encoder_2"}
GRAPH = "model.onnx"  # in the folder of each part
SPACE = "latent"


class Scheduler(Frozen):
    """How noise was added in training, and which steps its maker takes back; see ``contract.manifest.Diffusion``."""

    name: str = Field(description="the class in scheduler_config.json")
    alphas_bar: tuple[float, ...] = Field(description="each is a float32")
    parameterisation: Literal["eps", "v", "x0"]
    suggested: Suggested
    steps_offset: int = 0
    spare_step: bool = False
    last_level: float = 1.0
    told: tuple[str, ...] = ()


class Tokenizer(Frozen):
    """One folder with CLIP's byte pairs; its files are read, and proved, when it is read."""

    folder: str
    length: int
    padding: int
    tokens: int = Field(description="above the highest number in its vocabulary")


class Pipeline(Frozen):
    """A whole folder."""

    folder: str = Field(description="its path")
    name: str = Field(description="as a bundle may be named")
    kind: Literal["sd", "xl"]
    pipeline_class: str
    parts: tuple[str, ...] = Field(description="folders that hold a graph, in the order of ``ROLES``")
    bytes_of: dict[str, int] = Field(description="part -> bytes of its files")
    channels: int = Field(description="of a latent")
    latent: int = Field(description="positions along each side of the latents that it was trained with")
    factor: int = Field(description="px along each side of a position")
    halvings: int = Field(description="how often the U-Net halves the sides of a latent")
    scale: float
    shift: float
    upcast: bool = Field(default=False, description="its autoencoder does not bear float16")
    scheduler: Scheduler
    tokenizers: tuple[Tokenizer, ...]
    zero_when_empty: bool = False
    licence: str = Field(default="", description="the text of a licence file")
    told: tuple[str, ...] = ()

    @property
    def side(self) -> int:
        """px along each side of the pictures that it was trained with."""
        return self.latent * self.factor
