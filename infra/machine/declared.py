"""What an operator declares: reads it, compares it with the store, and writes it.

Documents that Terraform manages are Terraform's: they are neither edited nor replaced here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from functions.declared.declaration import check_watches
from functions.declared.faults import Fault
from functions.domain.errors import Misconfigured
from infra.local.watches_file import read_watches
from infra.machine.installation import TERRAFORM, Installation

Document = Mapping[str, Any]
Documents = Mapping[str, Document]
Change = Callable[[Document | None], Document | None]


def declared(at: Installation) -> Documents:
    """Give what is to be declared: the file's watches and Terraform's, else what is stored.

    Raises:
        Misconfigured: the file is wrong, or names a watch that Terraform manages.
    """
    stored = dict(at.store.declarations())
    if at.site.is_cloud and not at.site.has_file:
        return stored
    return {**managed(stored), **checked(read_watches(at.site.watches).documents, stored)}


def apply(at: Installation) -> tuple[list[str], list[str]]:
    """Write the file's watches into the store; give the ids written and those removed.

    A new revision is written in any case: parked watches are tried again.
    """
    if at.site.is_cloud and not at.site.has_file:
        wanted: Documents | None = None
    else:
        wanted = read_watches(at.site.watches).documents
        if at.site.is_cloud:
            check([{"id": name, **one} for name, one in wanted.items()])
    if not at.site.is_cloud:
        at.wiring.store  # noqa: B018 - made if it is not there yet
    written: list[str] = []
    gone: list[str] = []

    def edit(stored: Documents) -> Mapping[str, Document | None]:
        written.clear()
        gone.clear()
        if wanted is None:
            return {}
        file = checked(wanted, stored)
        written.extend(name for name, one in file.items() if stored.get(name) != one)
        gone.extend(name for name in stored if name not in file and name not in managed(stored))
        return {**{name: file[name] for name in written}, **dict.fromkeys(gone)}

    at.operating.amend(edit, revision=at.chance.new_id())
    return written, gone


def edit_documents(at: Installation, names: Collection[str], change: Change) -> None:
    """Change declared documents in Firestore, all or none.

    Raises:
        Misconfigured: one is Terraform's, or what it would become is wrong.
    """

    def edit(stored: Documents) -> Mapping[str, Document | None]:
        for name in names:
            refuse_managed(name, stored.get(name))
        made = {name: change(stored.get(name)) for name in names}
        check([{"id": name, **one} for name, one in made.items() if one is not None])
        return made

    at.operating.amend(edit, revision=at.chance.new_id())


def check(documents: list[dict[str, Any]], *, short_polls: bool = False) -> None:
    """Refuse wrong documents with every fault."""
    faults = [
        _by_id(fault, documents) for fault in check_watches(documents, short_polls=short_polls)
    ]
    if faults:
        text = "\n".join(faults)
        raise Misconfigured(text, text)


def _by_id(fault: Fault, documents: list[dict[str, Any]]) -> str:
    """Give a fault with the id of its watch: a list of documents has no places for people."""
    number, *rest = fault.path
    return f"{documents[int(number)]['id']}: {Fault(tuple(rest), fault.text)}"


def checked(wanted: Documents, stored: Documents) -> Documents:
    """Refuse a file that names what Terraform manages."""
    for name in wanted:
        refuse_managed(name, stored.get(name))
    return wanted


def managed(stored: Documents) -> Documents:
    """Give those that Terraform manages."""
    return {name: one for name, one in stored.items() if one.get("managed_by") == TERRAFORM}


def refuse_managed(name: str, document: Document | None) -> None:
    """Refuse what Terraform manages."""
    if document is not None and document.get("managed_by") == TERRAFORM:
        raise Misconfigured(
            f"{name!r} is managed by Terraform: edit `watches` in its variables and run "
            "terraform apply; or choose another id"
        )
