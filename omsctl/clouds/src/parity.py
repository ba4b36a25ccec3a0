"""Reads clouds.yaml files with openstacksdk and tells what they mean, for parity.rs to compare.

Standard input: a JSON list of folders, each with a clouds.yaml and perhaps a secure.yaml and a
clouds-public.yaml. Standard output: a JSON list with, for each folder, the regions that there are,
or {"refused": why}.
"""

import json
import logging
import os
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

from openstack.config import loader  # noqa: E402


def first(values, *keys):
    for key in keys:
        if values.get(key):
            return values[key]
    return None


def region(found):
    config, auth = found.config, found.config["auth"]
    by_credential = config["auth_type"] == "v3applicationcredential"
    by_token = config["auth_type"] in ("token", "v3token")
    secret = "password"
    if by_credential:
        secret = "application_credential_secret"
    elif by_token:
        secret = "token"
    read = {
        "cloud": found.name,
        "region_name": found.region_name or None,
        "auth_url": auth.get("auth_url"),
        "interface": found.get_interface(),
        "verify": config.get("verify"),
        "cert": bool(config.get("cert")),
        "by_credential": by_credential,
        "secret": first(auth, secret),
        "endpoints": [found.get_endpoint(name) for name in ("compute", "image", "network")],
    }
    if by_credential and auth.get("application_credential_id"):
        read["user"] = auth["application_credential_id"]
        return read
    if not by_token:
        read["user"] = first(auth, "user_id", "username")
    if not by_token and not auth.get("user_id"):
        # By id before by name, each from its own key before the default.
        read["user_domain"] = first(
            {
                "id": first(auth, "user_domain_id", "default_domain_id"),
                "name": first(auth, "user_domain_name", "default_domain_name"),
            },
            "id",
            "name",
        )
    if by_credential:
        return read
    read["project"] = first(auth, "project_id", "project_name")
    if not auth.get("project_id"):
        read["project_domain"] = first(
            {
                "id": first(auth, "project_domain_id", "default_domain_id"),
                "name": first(auth, "project_domain_name", "default_domain_name"),
            },
            "id",
            "name",
        )
    return read


def read(folder):
    def files(name):
        path = os.path.join(folder, name)
        return [path] if os.path.exists(path) else []

    try:
        config = loader.OpenStackConfig(
            config_files=files("clouds.yaml"),
            secure_files=files("secure.yaml"),
            vendor_files=files("clouds-public.yaml"),
            load_envvars=False,
        )
        return [region(found) for found in config.get_all()]
    except Exception as error:  # Whatever it says no with, it says no.
        return {"refused": f"{type(error).__name__}: {error}"}


json.dump([read(folder) for folder in json.load(sys.stdin)], sys.stdout)
