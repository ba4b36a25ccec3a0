#!/usr/bin/env python3
"""Draws omsd.toml(5) in scdoc's form from the default configuration, which says of every setting what
it is.

    packaging/toml-page.py config/omsd.toml > omsd.toml.5.scd
"""

import pathlib
import re
import sys

HEAD = """\
omsd.toml(5)

# NAME

omsd.toml - settings of omsd, the daemon of OpenMultiStack

# DESCRIPTION

*omsd*(8) reads _/etc/oms/omsd.toml_ unless *--config* names another file. The environment wins over
the file, and the command line over both: _http.listen_ is *OMS_HTTP_LISTEN*, or
*--set http.listen=127.0.0.1:8781*. *omsd check-config* checks the file and prints what is in force.
Settings are read at start: *systemctl restart omsd* puts them in force. The certificate's files are
read anew when they change. Below stands each with its default.
"""
TAIL = """
# SEE ALSO

*omsd*(8), *omsctl*(1)
"""


def escaped(text):
    return re.sub(r"([_*\\\\<>#~])", r"\\\1", text)


def main():
    lines = pathlib.Path(sys.argv[1]).read_text().splitlines()
    print(HEAD)
    print("# SETTINGS\n")
    words, head = [], False
    for line in lines:
        if section := re.fullmatch(r"\[(.+)\]", line):
            print(f"# SECTION {section[1].upper()}\n")
        elif setting := re.fullmatch(r"#([a-z_]+ = .+|\[rules\..+\])", line):
            print(f"*{escaped(setting[1])}*")
            print("\t" + escaped(" ".join(words)) + "\n")
            words = []
        elif line.startswith("# ") and head:
            words.append(line[2:].strip())
        elif not line:
            head, words = True, []
    print(TAIL)


main()
