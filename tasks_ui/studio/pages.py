"""The places of the studio, in one list for the application. Each is a module with a `blueprint`."""

from __future__ import annotations

from tasks_ui.studio import (
    changes,
    compare,
    doctor,
    editing,
    exchange,
    forms,
    impact,
    library,
    publishing,
    rehearse,
    scenarios,
    settings,
    tables,
    talk,
    texts,
    watch,
)

PAGES = (
    changes,
    compare,
    doctor,
    editing,
    exchange,
    forms,
    impact,
    library,
    publishing,
    rehearse,
    scenarios,
    settings,
    tables,
    talk,
    texts,
    watch,
)
