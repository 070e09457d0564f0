"""Promises of a process at a glance: how far it is, and no value of its customer's but a public name."""

import pytest

from retoma_server.domain.drafts import Draft, Position
from retoma_server.domain.merging import merge
from retoma_server.domain.overviews import glance
from retoma_server.domain.processes import FieldClass, Process, Step
