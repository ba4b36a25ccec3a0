#!/usr/bin/env python3
"""Writes what the licences of the linked crates ask for, into a folder: `copyright` in Debian's
machine-readable form, and `licences`, the licence files that the crates carry. Fails at a crate
under terms that are not in the list of dependencies.toml.

    packaging/licences.py FOLDER

Source: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
"""

import json
import pathlib
import re
import subprocess
import sys
import tomllib

PROGRAMS = ["omsd", "omsctl", "omstui", "oms-tests"]
# What programs under the MIT or the Apache licence may be linked with.
LIST = pathlib.Path(__file__).with_name("dependencies.toml")
ALLOWED = set(tomllib.loads(LIST.read_text())["licences"])
HEAD = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: OpenMultiStack
Comment: The programs are linked with the crates listed below, from crates.io. Their licence files
 are in /usr/share/doc/openmultistack/licences.gz.

Files: *
Copyright: the OpenMultiStack developers
License: MIT OR Apache-2.0
"""
WHERE = """\
 The terms of Apache-2.0, MPL-2.0 and CC0-1.0 are in /usr/share/common-licenses; those of the others
 are with the names of the crates in /usr/share/doc/openmultistack/licences.gz.
"""


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def linked():
    """Name and version of every crate that the programs are linked with."""
    packages = [word for program in PROGRAMS for word in ("-p", program)]
    form = ["--edges", "normal", "--prefix", "none", "--format", "{p}"]
    tree = run("cargo", "tree", "--locked", *form, *packages)
    return {match.groups() for match in re.finditer(r"^(\S+) v(\S+)", tree, re.MULTILINE)}


def is_allowed(licence):
    """Whether every part of an expression leaves a choice that is in the list."""
    parts = licence.replace("(", "").replace(")", "").split(" AND ")
    return all(ALLOWED & set(part.split(" OR ")) for part in parts)


def files(folder):
    named = re.compile(r"(licen[cs]e|copying|notice|copyright|unlicense)", re.IGNORECASE)
    for path in sorted(folder.iterdir()):
        if named.match(path.name) and path.is_file():
            yield path.name, path.read_text(errors="replace")


def owners(package, folder):
    """Who holds the rights, in the words of the licence files or else of the manifest."""
    claim = re.compile(r"(copyright\s+(\(c\)|\u00a9|\d|the\b)|(\(c\)|\u00a9)\s*\d)", re.IGNORECASE)
    lines = (line.strip(" \t#*/") for _, text in files(folder) for line in text.splitlines())
    claims = list(dict.fromkeys(line for line in lines if claim.match(line)))
    return claims or package["authors"] or [f"the authors of {package['name']}"]


def main():
    out = pathlib.Path(sys.argv[1])
    metadata = json.loads(run("cargo", "metadata", "--locked", "--format-version", "1"))
    wanted, members = linked(), set(metadata["workspace_members"])
    stanzas, licences, texts = [HEAD], {"MIT OR Apache-2.0"}, {}
    for package in sorted(metadata["packages"], key=lambda it: (it["name"], it["version"])):
        name = f"{package['name']}-{package['version']}"
        if package["id"] in members or (package["name"], package["version"]) not in wanted:
            continue
        licence = " ".join((package["license"] or "").replace("/", " OR ").split())
        if not is_allowed(licence):
            sys.exit(f"{name} is under {licence or 'no licence'}, which is not in the list")
        folder = pathlib.Path(package["manifest_path"]).parent
        who = "\n           ".join(owners(package, folder))
        stanzas.append(f"Files: crates/{name}/*\nCopyright: {who}\nLicense: {licence}\n")
        licences.add(licence)
        for file, text in files(folder):
            texts.setdefault(text.strip(), []).append(f"{name}/{file}")
    stanzas.extend(f"License: {licence}\n{WHERE}" for licence in sorted(licences))
    (out / "copyright").write_text("\n".join(stanzas))
    bodies = (f"{', '.join(names)}\n\n{text}\n" for text, names in texts.items())
    (out / "licences").write_text(f"\n{'=' * 80}\n".join(bodies))


main()
