"""The tokens by which display-product calls the other services for the person at the page."""

from typing import TYPE_CHECKING

from catalog.settings import Settings
from serving.settings import SettingError

if TYPE_CHECKING:
    from serving.bearer import Signer, Verifier

ISSUER = "display-product"
AUDIENCE = "product-catalog"


def signer(settings: Settings) -> "Signer":
    """Signs the tokens (display-product only). Raises SettingError if there is no usable key."""
    from serving.bearer import Signer

    if settings.signing_key_file is None:
        raise SettingError(
            "CATALOG_SIGNING_KEY_FILE is missing: name a file with an Ed25519 private key, which signs the requests to "
            "the other services"
        )
    return Signer(settings.signing_key_file, "CATALOG_SIGNING_KEY_FILE", ISSUER, AUDIENCE)


def verifier(settings: Settings) -> "Verifier | None":
    """Verifies the tokens (the other services); None without a file of keys. Raises SettingError if it is unusable."""
    from serving.bearer import Verifier

    if settings.verification_keys_file is None:
        return None
    return Verifier(settings.verification_keys_file, "CATALOG_VERIFICATION_KEYS_FILE", ISSUER, AUDIENCE)
