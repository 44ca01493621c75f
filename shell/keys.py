"""`keys`: who may use the archive's server."""

from typing import Annotated

import typer

from shell.library import Library
from shell.options import JSON, on_archive

app = typer.Typer(help="API keys: who may use the archive's server.", no_args_is_help=True)


@app.command()
@on_archive(making=True)
def create(
    name: Annotated[str, typer.Argument(help="Whose it is, or what it is for.")],
    *,
    library: Library,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="read, write or admin; each includes those before it.")
    ] = None,
    expires: Annotated[str | None, typer.Option("--expires", help="Date or time after which it is no longer valid.")] = None,
    as_json: JSON = False,
) -> None:
    """Make a key and print its secret, this once. Without --scope it may read."""
    from shell.printing import err, print_json

    key = library.create_key(name, scope or ["read"], expires)
    if as_json:
        print_json(key)
        return
    typer.echo(key["secret"])
    err().print(f"{key['id']}: {', '.join(key['scopes'])}. Keep it: it is not shown again.", markup=False)


@app.command("list")
@on_archive()
def list_(*, library: Library, as_json: JSON = False) -> None:
    """List the keys, without their secrets."""
    from shell.printing import out, print_json, table_of

    keys = library.keys()
    if as_json:
        print_json(keys)
        return
    columns = ("id", "name", "scopes", "created_at", "expires_at", "revoked_at")
    rows = [
        [key["id"], key["name"], ", ".join(key["scopes"]), key["created_at"], key["expires_at"], key["revoked_at"]]
        for key in keys["items"]
    ]
    out().print(table_of(columns, rows))


@app.command()
@on_archive()
def revoke(
    id: Annotated[str, typer.Argument(help="Id of the key, as `keys list` shows it.")], *, library: Library, as_json: JSON = False
) -> None:
    """Make a key useless from now on."""
    from shell.printing import print_json

    key = library.revoke_key(id)
    if as_json:
        print_json(key)
    else:
        typer.echo(f"{key['id']} ({key['name']}) is revoked.")
