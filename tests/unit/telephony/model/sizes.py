"""How much a model holds."""

from telephony.model.world import World


def sizes(tracker_world: World) -> dict[str, int]:
    """How large every container reachable from a world is."""
    found: dict[str, int] = {}
    seen: set[int] = set()

    def walk(thing: object, path: str) -> None:
        if id(thing) in seen or isinstance(thing, str | int | float | bool | None):
            return
        seen.add(id(thing))
        if isinstance(thing, dict | list | set | tuple):
            found[path] = max(found.get(path, 0), len(thing))
            for item in [*thing, *thing.values()] if isinstance(thing, dict) else thing:
                walk(item, f"{path}[]")
        for name in getattr(type(thing), "__slots__", ()):
            walk(getattr(thing, name), f"{type(thing).__name__}.{name}")

    tracker_world.out = []
    walk(tracker_world, "World")
    return found
