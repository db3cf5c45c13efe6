"""The settings' `[annex]`."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Annex(BaseModel):
    """Who signs a report's PDF, and with which fonts it is set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    certificate: Path | None = None
    """PEM of the X.509 certificate that signs documents, then those above it, the root last."""
    key: str | None = Field(default=None, pattern=r"^(env|file|cred):.+")
    """Its key, PKCS#8 in PEM; where it is, never itself."""
    authority: str | None = None
    """Name of one of the log's authorities; without it the first stamps the signature."""
    fonts: tuple[Path, ...] = ()
    """Directories of fonts for writings that the ones inside typst cannot draw."""

    @model_validator(mode="after")
    def _both(self) -> "Annex":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together")
        return self
