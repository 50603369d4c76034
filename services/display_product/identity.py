"""How people sign in to this installation: made from the settings, and only if authentication is on."""

import sys

from flask import Flask

from catalog.settings import Settings
from serving.access import Role
from serving.settings import SettingError


def register(app: Flask, settings: Settings) -> None:
    """Recognises who is signed in. Exits if nobody could sign in, or if a file of accounts cannot be used."""
    if settings.auth != "on":
        return
    # With authentication off, nothing needs what these import.
    from display_product.web import people
    from display_product.web.accounts import Accounts
    from display_product.web.door import Door

    files: dict[Role, str | None] = {"editor": settings.editors_file, "reader": settings.readers_file}
    given = {role: path for role, path in files.items() if path is not None}
    confirm: dict[people.Method, people.Confirm] = {}
    app.extensions.update(door=None, provider=None)
    try:
        if not given and settings.oidc_issuer is None:
            raise SettingError(
                "CATALOG_AUTH is on, but nobody could sign in: name a file of accounts in CATALOG_EDITORS_FILE, or a "
                "provider in CATALOG_OIDC_ISSUER"
            )
        if given:
            accounts = Accounts(given)
            app.extensions["door"] = Door(accounts, settings.threads)

            def of_account(person: people.SignedIn) -> Role:
                found = accounts.find(person.name)
                return found.role if found and found.fingerprint == person.fingerprint else ""

            confirm["account"] = of_account
        if settings.oidc_issuer is not None:
            from display_product.web.oidc import Provider

            provider = app.extensions["provider"] = Provider(settings)

            def of_provider(person: people.SignedIn) -> Role:
                return person.role if person.fingerprint == provider.fingerprint else ""

            confirm["oidc"] = of_provider
            provider.look()
    except SettingError as error:
        sys.exit(f"error: {error}")
    people.register(app, people.People(settings, confirm))
