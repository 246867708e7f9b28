"""Who requires what: the metadata of installed distributions, read with `packaging`, which must be in this interpreter's environment.

Resolves and installs nothing; reads folders of packages that need not be this interpreter's own.
"""

import email
import importlib.metadata

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name


def installed(folder):
    """Normal name → distribution."""
    return {canonicalize_name(d.metadata["Name"]): d for d in importlib.metadata.distributions(path=[folder]) if d.metadata["Name"]}


def wheel_metadata(archive):
    name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA") and n.count("/") == 1)
    return email.message_from_bytes(archive.read(name))


def needed(metadata, extras=()):
    """The requirements that hold on this interpreter, with the texts that are none."""
    holds, broken = [], []
    for text in metadata.get_all("Requires-Dist", []):
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            broken.append(text)
            continue
        marker = requirement.marker
        if marker is None or any(marker.evaluate({**default_environment(), "extra": extra}) for extra in ("", *extras)):
            holds.append(requirement)
    return holds, broken


def closure(metadata, distributions):
    """Normal names of all that a distribution needs, itself not counted; what is not installed is named too and leads no further."""
    found, open_ = {}, list(needed(metadata)[0])
    while open_:
        requirement = open_.pop()
        name, extras = canonicalize_name(requirement.name), set(requirement.extras)
        known = found.get(name)
        if known is not None and extras <= known:
            continue
        found[name] = extras | (known or set())
        if name in distributions:
            open_ += needed(distributions[name].metadata, sorted(found[name]))[0]
    return set(found)


def inconsistencies(distributions):
    """In words: what an installed distribution requires and is not there, or is there in a version that it does not take."""
    said = []
    for name, distribution in sorted(distributions.items()):
        holds, broken = needed(distribution.metadata)
        said += [f"{name} requires something unreadable: {text}" for text in broken]
        for requirement in holds:
            other = distributions.get(canonicalize_name(requirement.name))
            if other is None:
                said.append(f"{name} requires {requirement.name}, which is not installed")
            elif not requirement.specifier.contains(other.version, prereleases=True):
                said.append(f"{name} requires {requirement.name}{requirement.specifier}, and {other.version} is installed")
    return said
