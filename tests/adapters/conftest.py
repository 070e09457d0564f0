"""Properties here are judged by what holds, never by how long a busy machine took over one example."""

from hypothesis import settings

settings.register_profile("adapters", deadline=None)
settings.load_profile("adapters")
