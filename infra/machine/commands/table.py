"""The commands with which an installation is operated, as the command line shows them."""

from __future__ import annotations

from infra.machine.commands.auth import auth
from infra.machine.commands.channels import channels
from infra.machine.commands.console import console
from infra.machine.commands.dead_letters import dead_letters
from infra.machine.commands.doctor import doctor
from infra.machine.commands.init import init
from infra.machine.commands.keys import keys
from infra.machine.commands.plan import apply, plan
from infra.machine.commands.replay import replay
from infra.machine.commands.status import status
from infra.machine.commands.tail import tail
from infra.machine.commands.watch import watch

OPERATING = (
    init,
    plan,
    apply,
    status,
    watch,
    channels,
    keys,
    tail,
    replay,
    dead_letters,
    auth,
    doctor,
    console,
)
