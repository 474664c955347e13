"""Whether a model is on the hub, before anything is loaded from it."""

from dagster_and.hub.quiet import quiet_transformers


def hub_obstacle(name: str) -> str | None:
    """Why the configuration of the hub model ``name`` can't be had; None where it can."""
    from transformers import AutoConfig

    try:
        with quiet_transformers():
            AutoConfig.from_pretrained(name, trust_remote_code=False)
    except Exception as error:  # hubs, files and configurations fail in many ways
        return f"{type(error).__name__}: is the hub reachable, is the name right?"
    return None
